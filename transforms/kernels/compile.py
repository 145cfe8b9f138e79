"""`kernel`: numba's compiler with a cache that cannot be stale.

    @kernel
    def count_spaces(data): ...

numba's own cache looks at the file of the compiled function only: a kernel that calls one from another file keeps the
old callee after an edit (it has crashed that way), and so are a table's old values: constants are compiled in. Here a
kernel's cache folder is named after the digest of what its module can see: its own source and that of every module of
the library that it imports, directly or not. An edit starts a new folder for what depends on it, and for nothing else.
Where the library lies is no part of it, and neither is how code is kept (`code_cache.py` with what it imports: files,
errors), which no kernel sees.

What Python calls is compiled whole and kept on the disk; what kernels call becomes a part of them (`parts.py`).
"""

import gc
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba.core.compiler import Compiler, CompilerBase
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import CPUDispatcher

from babelmill.transforms.kernels.cache import cache_folder
from babelmill.transforms.kernels.code_cache import CodeCache
from babelmill.transforms.kernels.parts import Part, parts_only
from babelmill.transforms.source_closure import digest_of_sources, sources

__all__ = ["Kernel", "kernel", "kernel_folder", "kernel_part", "ready"]

_Function = TypeVar("_Function", bound=Callable[..., Any])
_LIBRARY, _FOLDER = "babelmill.transforms", Path(__file__).parents[1]


@cache
def kernel_folder(module: str) -> Path:
    """Return the folder for a module's kernels as they are now; compiled code of other versions stays where it is."""
    library = {_LIBRARY: _FOLDER}
    found = sources(library, (module,))
    kept = sources(library, (CodeCache.__module__,))
    found = {name: path for name, path in found.items() if name not in kept}
    if module not in found:
        # Of a module that is not the library's, such as a test: it may import anything of it.
        found = {path.relative_to(_FOLDER).as_posix(): path for path in sorted(_FOLDER.rglob("*.py"))}
        found |= {"itself": Path(str(sys.modules[module].__file__))}
    return cache_folder("kernels") / digest_of_sources(found)


class Kernel(CPUDispatcher):  # type: ignore[misc]
    """A function that Python calls as machine code; kernels that call it take in its `part`.

    Args:
        py_func: the function.
        locals: none.
        targetoptions: numba's options.
        pipeline_class: numba's.
    """

    def __init__(
        self,
        py_func: Callable[..., Any],
        locals: Mapping[str, Any] | None = None,
        targetoptions: Mapping[str, Any] | None = None,
        pipeline_class: type[CompilerBase] = Compiler,
    ) -> None:
        options = dict(targetoptions or {})
        self.part = Part(py_func, locals, options)
        super().__init__(py_func, dict(locals or {}), {**options, "no_cfunc_wrapper": True}, pipeline_class)
        self._cache = CodeCache(py_func, lambda: kernel_folder(py_func.__module__))

    @property
    def _numba_type_(self) -> Any:
        """What other kernels see of it."""
        return self.part._numba_type_

    def on_disk(self, signature: Any) -> bool:
        """Say whether the code for some types is in the cache."""
        return bool(self._cache.path(signature, self.targetctx.codegen()).exists())

    def compile(self, sig: Any) -> Any:
        """Load or compile the code for some types: without the collector, which would look through all of numba."""
        collects = gc.isenabled()
        gc.disable()
        try:
            with global_compiler_lock:
                # Code that is there is loaded, and nothing compiled.
                with nullcontext() if self.on_disk(sig) else parts_only():
                    return super().compile(sig)
        finally:
            if collects:
                gc.enable()


def _compiled(function: _Function, **options: bool) -> _Function:
    return cast("_Function", Kernel(function, None, {"nopython": True, "nogil": True, "boundscheck": None, **options}))


def ready(kernel: Callable[..., Any], *arguments: object) -> bool:
    """Say whether a kernel's code for some arguments is there: in this process or on the disk."""
    compiled = cast("Kernel", kernel)
    signature = tuple(map(compiled.typeof_pyval, arguments))
    return signature in compiled.overloads or compiled.on_disk(signature)


def kernel(function: _Function) -> _Function:
    """Compile `function` on its first call: cached on disk, and without Python's lock while it runs."""
    return _compiled(function)


def kernel_part(function: _Function) -> _Function:
    """Compile `function` into every kernel that calls it: for a few lines that are called for each word or byte.

    A call of a kernel hands over seven numbers for each array and counts its users, some 15 ns together; where LLVM
    does not see by itself that it may leave that out, this makes it.
    """
    return _compiled(function, forceinline=True)
