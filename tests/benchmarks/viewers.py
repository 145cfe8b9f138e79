"""Viewers: every command that only looks at a run ends with exit code 0, however busy the machine is.

    python -m tests.benchmarks.viewers RUN [--calls 300] [--others 50] [--load 2]

Calls `shard RUN --sample` that many times and each other viewer `--others` times, while `--load` processes keep the
processors busy. A thread that still holds a Python object when the interpreter shuts down aborts the process after its
output is complete; which thread is late is decided by the scheduler, so it shows under load alone. Prints a table of
exit codes and exits with 1 if any is not 0.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from babelmill.pipeline.corpus.corpus import Output, open_sound
from babelmill.transforms.files.parquet import read_table

_BUSY = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: sum(range(100_000))"
"""Ends with the process that started it, however that ends."""
_LAST_CHARS = 200


@contextmanager
def load(processes: int) -> Iterator[None]:
    """Keep so many processors busy during the block."""
    busy = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def viewers(output: Output, scratch: Path) -> dict[str, list[str]]:
    """Return name → arguments of every viewer but the sample.

    Args:
        output: the run, with at least one shard.
        scratch: a folder that may be written to.
    """
    run = output.folder
    shard = str(Path(run, output.manifest.shards[0].path))
    kept = read_table(shard, ["id"])["id"][0].as_py()
    copy = scratch / "copy"
    shutil.copytree(run, copy, ignore=shutil.ignore_patterns("work"))
    found = {
        "inspect": ["inspect", run],
        "inspect --json": ["inspect", run, "--json"],
        "inspect --html": ["inspect", run, "--html", "--to", str(scratch / "report.html")],
        "verify": ["verify", run],
        "clusters": ["clusters", run],
        "clusters --json": ["clusters", run, "--json"],
        "why KEPT": ["why", run, kept],
        "why KEPT --json": ["why", run, kept, "--json"],
        "budget COPY": ["budget", str(copy)],
        "shard FILE": ["shard", shard],
        "shard FILE --json": ["shard", shard, "--json"],
        "shard FILE --doc 0": ["shard", shard, "--doc", "0"],
        "signals FILE": ["signals", shard],
    }
    removed = read_table(str(Path(run, "removals.parquet")), ["id"])["id"]
    return found | ({"why REMOVED": ["why", run, removed[0].as_py()]} if len(removed) else {})


def called(arguments: list[str]) -> tuple[int, float, str]:
    """Return a viewer's exit code, its seconds, and the last line of what it wrote to stderr."""
    started = time.monotonic()
    command = [sys.executable, "-m", "babelmill", *arguments]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return done.returncode, time.monotonic() - started, lines[-1][:_LAST_CHARS] if lines else ""


def named(code: int) -> str:
    """Name an exit code, that of a signal as a shell counts it too."""
    return f"{128 - code} ({signal.Signals(-code).name})" if code < 0 else str(code)


def main() -> int:
    """Return 0 if every call did."""
    parser = argparse.ArgumentParser(description="Call every viewer again and again under load, and count exit codes.")
    parser.add_argument("run")
    parser.add_argument("--calls", type=int, default=300, help="of shard RUN --sample")
    parser.add_argument("--others", type=int, default=50, help="of each other viewer")
    parser.add_argument("--load", type=int, default=2, help="busy processes")
    arguments = parser.parse_args()
    wrong = calls = 0
    with tempfile.TemporaryDirectory() as scratch, load(arguments.load):
        output = open_sound(arguments.run)
        sample = {"shard RUN --sample": ["shard", arguments.run, "--sample", "5"]}
        print(f"{arguments.load} busy processes, {os.cpu_count()} processors, Python {sys.version.split()[0]}")
        print(f"{'viewer':<22}{'calls':>6}{'not 0':>7}{'median':>9}  exit codes", flush=True)
        for name, command in (sample | viewers(output, Path(scratch))).items():
            times = arguments.calls if name in sample else arguments.others
            if not times:
                continue
            ends = [called(command) for _ in range(times)]
            codes = Counter(code for code, _, _ in ends)
            failed = times - codes[0]
            told = ", ".join(f"{count} x {named(code)}" for code, count in sorted(codes.items()))
            seconds = median(taken for _, taken, _ in ends)
            print(f"{name:<22}{times:>6}{failed:>7}{seconds:>7.2f} s  {told}", flush=True)
            for line in sorted({line for code, _, line in ends if code}):
                print(f"    {line}", flush=True)
            calls, wrong = calls + times, wrong + failed
    print(f"{calls} calls, {wrong} of them did not end with 0")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
