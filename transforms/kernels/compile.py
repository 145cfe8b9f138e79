"""`kernel`: numba's compiler with a cache that cannot be stale.

    @kernel
    def count_spaces(data): ...

numba's own cache looks at the file of the compiled function only: a kernel that calls one from another file keeps the
old callee after an edit (it has crashed that way), and so are a table's old values: constants are compiled in. Here the
cache folder is named after numba's version and the digest of every source in a folder that has a kernel, so an edit of
any of them starts a new one.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba

from babelmill.transforms.kernels.cache import cache_folder

__all__ = ["kernel", "kernel_part"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _kernel_folder() -> Path:
    """Return the folder for this version of the kernels; compiled code of other versions stays where it is."""
    digest = hashlib.sha256(numba.__version__.encode())
    sources = {path: path.read_bytes() for path in sorted(Path(__file__).parents[1].rglob("*.py"))}
    folders = {path.parent for path, code in sources.items() if b"@kernel" in code}
    for path, code in sources.items():
        if path.parent in folders:
            digest.update(code)
    return cache_folder("kernels") / digest.hexdigest()[:16]


numba.config.CACHE_DIR = str(_kernel_folder())


def kernel(function: _Function) -> _Function:
    """Compile `function` on its first call: cached on disk, and without Python's lock while it runs."""
    compiled: _Function = numba.njit(cache=True, nogil=True)(function)
    return compiled


def kernel_part(function: _Function) -> _Function:
    """Compile `function` into every kernel that calls it: for a few lines that are called for each word or byte.

    A call of a kernel hands over seven numbers for each array and counts its users, some 15 ns together; where LLVM
    does not see by itself that it may leave that out, this makes it.
    """
    compiled: _Function = numba.njit(cache=True, nogil=True, forceinline=True)(function)
    return compiled
