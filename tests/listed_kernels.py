"""The kernels of a job, as it compiles them: writes transforms/kernels/listed.py anew.

    python -m tests.listed_kernels > /tmp/listed.py && mv /tmp/listed.py transforms/kernels/listed.py

To be done when a kernel that Python calls comes, goes or gets other arguments: tests/transforms/kernels/test_ahead.py
says so.
"""

import os
import tempfile
import textwrap
from collections import defaultdict
from typing import Any

from numba.core import event as events

from babelmill.transforms.kernels.ahead import LIBRARY, described
from babelmill.transforms.kernels.compile import Kernel

__all__ = ["Compiled", "compile_job", "main"]

HEAD = '''"""Listed: the kernels that a job calls, and their arguments' types; written by tests/listed_kernels.py."""

__all__ = ["LISTED"]

LISTED = """'''


class Compiled(events.Listener):  # type: ignore[misc]
    """What was compiled: of kernels that Python calls, and of all functions, the types of their arguments."""

    def __init__(self) -> None:
        self.kernels: list[tuple[str, tuple[str, ...]]] = []
        self.functions: defaultdict[str, set[str]] = defaultdict(set)

    def on_start(self, event: Any) -> None:
        """Do nothing."""

    def on_end(self, event: Any) -> None:
        """Note a compilation."""
        dispatcher, arguments = event.data["dispatcher"], event.data["args"]
        name = f"{dispatcher.py_func.__module__}:{dispatcher.py_func.__qualname__}"
        if not name.startswith(LIBRARY):
            return
        kind = "kernel" if isinstance(dispatcher, Kernel) else "part"
        self.functions[f"{kind} {name.removeprefix(LIBRARY)}"].add(str(arguments))
        if isinstance(dispatcher, Kernel):
            self.kernels.append((name.removeprefix(LIBRARY), tuple(map(described, arguments))))


def compile_job() -> Compiled:
    """Run the job with an empty cache, and return what it compiled."""
    from babelmill.pipeline.runners.warm import run_job

    found = Compiled()
    with tempfile.TemporaryDirectory() as folder, events.install_listener("numba:compile", found):
        before = os.environ.get("BABELMILL_CACHE")
        os.environ["BABELMILL_CACHE"] = folder
        try:
            run_job()
        finally:
            del os.environ["BABELMILL_CACHE"]
            if before is not None:
                os.environ["BABELMILL_CACHE"] = before
    return found


def main() -> None:
    """Print the module."""
    lines = sorted(f"{name}({' '.join(arguments)})" for name, arguments in compile_job().kernels)
    wrapped = (textwrap.fill(line, 116, subsequent_indent="    ", break_long_words=False) for line in lines)
    print(HEAD, *wrapped, '"""', sep="\n")


if __name__ == "__main__":
    main()
