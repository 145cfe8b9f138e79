"""Interpreted: a kernel as plain Python, with the kernels that it calls.

What is done a thousand times is done sooner by the interpreter than by a compiler that takes seconds to begin with.
"""

from collections.abc import Callable, Iterator
from functools import cache
from types import CodeType, FunctionType
from typing import Any, TypeVar, cast

from babelmill.transforms.kernels.compile import Kernel

__all__ = ["interpreted"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def interpreted(kernel: _Function) -> _Function:
    """Return a kernel as a Python function that does the same, as long as Python's numbers do what machine words do.

    Args:
        kernel: with all of its callees: no recursion.
    """
    return cast("_Function", _function(cast("Kernel", kernel)))


@cache
def _function(kernel: Kernel) -> FunctionType:
    function: FunctionType = kernel.py_func
    scope = dict(function.__globals__)
    for name in _names(function.__code__):
        if isinstance(found := scope.get(name), Kernel):
            scope[name] = _function(found)
    return FunctionType(function.__code__, scope, function.__name__, function.__defaults__, function.__closure__)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
