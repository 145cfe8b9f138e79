"""Parts: a kernel as it stands in other kernels.

numba compiles a callee as if Python called it too: it optimizes it, makes machine code and two wrappers of it, and
then links its code into the caller, where all of it is optimized once more; and again for each combination of
arguments: `f(data, 0)`, `f(data, i)` with i of 32 bits and `f(data, j)` with 64 are three functions to it. A part is
compiled as far as it can be linked, once for the types that it declares, and optimized where it is linked only. So a
kernel's code goes through LLVM once, and the whole of it is seen there: three times as fast, the same machine code.
"""

import contextlib
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numba import types
from numba.core import codegen, compiler, typed_passes
from numba.core.compiler_machinery import register_pass
from numba.core.registry import CPUDispatcher
from numba.core.target_extension import dispatcher_registry, target_registry
from numba.np.numpy_support import from_dtype

__all__ = ["Part", "declared", "parts_only"]

_CPU = target_registry["cpu"]
_SCALARS = {int: types.int64, float: types.float64, bool: types.boolean} | {
    kind: from_dtype(np.dtype(kind)) for kind in (np.uint8, np.uint16, np.uint32, np.uint64, np.int32, np.int64)
}
"""What a parameter is annotated with → what it is."""


def declared(function: Callable[..., Any], arguments: Sequence[types.Type]) -> tuple[types.Type, ...]:
    """Return the types that a function is compiled for when it is called with some others.

    A number is of the type that its parameter declares, `int` of 64 bits; one that is known is any number.
    """
    code, notes = function.__code__, function.__annotations__
    names = code.co_varnames[: code.co_argcount]
    return tuple(
        _SCALARS[notes[name]] if _is_scalar(found) and notes.get(name) in _SCALARS else types.unliteral(found)
        for name, found in zip(names, arguments, strict=True)
    )


def _is_scalar(found: types.Type) -> bool:
    return isinstance(types.unliteral(found), types.Number | types.Boolean)


class _Library(codegen.JITCodeLibrary):  # type: ignore[misc]
    """Code to be linked, of which nothing is made by itself."""

    def _optimize_final_module(self) -> None:
        """Leave it to the kernel that this becomes a part of."""

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _Lowering(typed_passes.NativeLowering):  # type: ignore[misc]
    """numba's last pass, without an executable."""

    _name = "babelmill_part_lowering"

    def run_pass(self, state: Any) -> bool:
        state.flags.no_compile = True
        state.library = _Library(state.targetctx.codegen(), state.func_id.func_qualname)
        super().run_pass(state)
        state.library.finalize()
        lowered = state["cr"]
        key = object()  # numba looks a function's code up by its entry point, of which there is none
        state.targetctx.insert_user_function(key, lowered.fndesc, [state.library])
        state["cr"] = lowered._replace(cfunc=key)
        return True


class _Compiler(compiler.CompilerBase):  # type: ignore[misc]
    def define_pipelines(self) -> list[Any]:
        whole = compiler.DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes = compiler.PassManager("babelmill_part")
        for step, name in whole.passes:
            passes.add_pass(_Lowering if step is typed_passes.NativeLowering else step, name)
        passes.finalize()
        return [passes]


class _Inner(CPUDispatcher):  # type: ignore[misc]
    """What numba calls when a kernel calls something that is compiled, its own functions among them.

    Args:
        py_func: the function.
        locals: none.
        targetoptions: numba's options.
        pipeline_class: how it is compiled.
    """

    def __init__(
        self,
        py_func: Callable[..., Any],
        locals: Mapping[str, Any] | None = None,
        targetoptions: Mapping[str, Any] | None = None,
        pipeline_class: type[compiler.CompilerBase] = _Compiler,
    ) -> None:
        options = {**(targetoptions or {}), "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        super().__init__(py_func, dict(locals or {}), options, pipeline_class)

    def add_overload(self, cres: Any) -> None:
        """Note what was compiled, for other kernels alone: Python never calls it."""
        self.overloads[tuple(cres.signature.args)] = cres


class Part(_Inner):
    """What numba calls when a kernel calls a kernel."""

    def get_call_template(self, args: Sequence[types.Type], kws: Mapping[str, types.Type]) -> Any:
        """Return what numba types a call by: the function for the types that it declares."""
        _, folded = self._compiler.fold_argument_types(args, kws)
        return super().get_call_template(declared(self.py_func, folded), {})


@contextlib.contextmanager
def parts_only() -> Iterator[None]:
    """Compile in the block what numba itself writes in Python, such as `np.zeros`, as parts too."""
    # What is imported in the block is of parts for good; of numba's modules that wait, these have functions for Python.
    for name in ("typeddict", "typedlist"):
        importlib.import_module(f"numba.typed.{name}")
    before = dispatcher_registry.pop(_CPU)
    dispatcher_registry[_CPU] = _Inner
    try:
        yield
    finally:
        del dispatcher_registry[_CPU]
        dispatcher_registry[_CPU] = before
