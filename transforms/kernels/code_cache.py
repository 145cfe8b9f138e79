"""Code cache: machine code of kernels on the disk, one file for a kernel and the types that it was compiled for.

    <cache>/kernels/1f0c…/words.count_words.9b31….code

numba's own cache names its folders after the path of a source file, so that each environment and each copy of the
package compiles all again; and two processes that add to one index at the same moment may give one name to the code of
two signatures. Here the folder is named after what the code is made from, wherever that lies, the file after the types
and the processor, and a file is put in place whole: whoever writes, what is read is right. A file that is damaged is
not used, and written anew.
"""

import hashlib
import logging
import pickle
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.storage import write_bytes

__all__ = ["MADE_BY", "CodeCache"]

_LOG = logging.getLogger(__name__)
MADE_BY = f"{numba.__version__} {llvmlite.__version__} {sys.implementation.cache_tag} {platform.machine()}"
_DIGEST_BYTES = 32


class CodeCache(_Cache):  # type: ignore[misc]
    """The code of one kernel on the disk, in the form that numba asks for.

    Args:
        function: the kernel's function.
        folder: returns the folder of its module's kernels; asked when code is looked for.
    """

    def __init__(self, function: Callable[..., Any], folder: Callable[[], Path]) -> None:
        self._name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}".replace("<locals>", "")
        self._folder = folder

    @property
    def cache_path(self) -> str:
        """The folder."""
        return str(self._folder())

    def enable(self) -> None:
        """Do nothing: it is never off."""

    def disable(self) -> None:
        """Do nothing: it is never off."""

    def flush(self) -> None:
        """Remove the kernel's code."""
        for path in self._folder().glob(f"{self._name}.*.code"):
            path.unlink(missing_ok=True)

    def path(self, signature: Any, codegen: Any) -> Path:
        """Return the file of a signature's code for a processor."""
        key = hashlib.sha256(f"{MADE_BY} {signature!r} {codegen.magic_tuple()!r}".encode()).hexdigest()
        return self._folder() / f"{self._name}.{key[:16]}.code"

    def load_overload(self, sig: Any, target_context: Any) -> CompileResult | None:
        """Return compiled code; None where there is none that is whole."""
        target_context.refresh()
        path = self.path(sig, target_context.codegen())
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            _LOG.debug("compiled code is not read: %s", error)
            return None
        digest, code = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
        if hashlib.sha256(code).digest() != digest:
            _LOG.debug("%s is damaged", path)
            return None
        return CompileResult._rebuild(target_context, *pickle.loads(code))

    def save_overload(self, sig: Any, data: CompileResult) -> None:
        """Keep compiled code; a disk that takes no file costs the time to compile it the next time.

        Raises:
            TypeError: if it cannot be kept, for a table of more than 1 MB is compiled in.
        """
        if data.library.has_dynamic_globals:
            raise TypeError(f"the code of {self._name} holds addresses of this process: it cannot be kept")
        code = dumps(data._reduce())
        path = self.path(sig, data.codegen)
        try:
            write_bytes(str(path), hashlib.sha256(code).digest() + code)
        except WorldError as error:
            _LOG.warning("kernels are compiled again every time: %s", error)
