"""`kernel`: numba's compiler with a cache that cannot be stale.

    @kernel
    def count_spaces(data): ...

numba's own cache looks at the file of the compiled function only: a kernel that calls one from another file keeps the
old callee after an edit (it has crashed that way), and so are a table's old values: constants are compiled in. Here a
kernel's cache folder is named after numba's version and the digest of what its module can see: its own source and
that of every module of the library that it imports, directly or not. An edit starts a new folder for what depends on
it, and for nothing else.
"""

import hashlib
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba

from babelmill.transforms.kernels.cache import cache_folder
from babelmill.transforms.source_closure import digest_of_sources, sources

__all__ = ["kernel", "kernel_part"]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_LIBRARY, _FOLDER = "babelmill.transforms", Path(__file__).parents[1]


@cache
def _kernel_folder(module: str) -> str:
    """Return the folder for a module's kernels as they are now; compiled code of other versions stays where it is."""
    found = sources({_LIBRARY: _FOLDER}, (module,))
    if module not in found:
        # Of a module that is not the library's, such as a test: it may import anything of it.
        found = {str(number): path for number, path in enumerate(sorted(_FOLDER.rglob("*.py")))}
        found |= {"itself": Path(str(sys.modules[module].__file__))}
    digest = hashlib.sha256(f"{numba.__version__} {digest_of_sources(found)}".encode())
    return str(cache_folder("kernels") / digest.hexdigest()[:16])


def _compiled(function: _Function, **options: bool) -> _Function:
    """Give a function to numba; where its cache is, numba asks now, and never again."""
    before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, _kernel_folder(function.__module__)
    try:
        compiled: _Function = numba.njit(cache=True, nogil=True, **options)(function)
    finally:
        numba.config.CACHE_DIR = before
    return compiled


def kernel(function: _Function) -> _Function:
    """Compile `function` on its first call: cached on disk, and without Python's lock while it runs."""
    return _compiled(function)


def kernel_part(function: _Function) -> _Function:
    """Compile `function` into every kernel that calls it: for a few lines that are called for each word or byte.

    A call of a kernel hands over seven numbers for each array and counts its users, some 15 ns together; where LLVM
    does not see by itself that it may leave that out, this makes it.
    """
    return _compiled(function, forceinline=True)
