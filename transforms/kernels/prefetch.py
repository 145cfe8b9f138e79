"""`prefetch`: tell the processor what a kernel will read soon.

    for i in range(len(places)):
        prefetch(table, places[i])
    for i in range(len(places)):
        total += table[places[i]]

A table that is larger than the cache costs some 100 ns at each place that is read first; asked for together, places
come together. What is asked for is a hint: nothing is read, and nothing can go wrong, wherever it points.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["prefetch"]

_READ, _KEEP, _DATA = 0, 3, 1
"""What `llvm.prefetch` takes: it is read, it is used more than once, and it is no code."""


@intrinsic  # type: ignore[untyped-decorator]
def prefetch(typing_context: Any, array: Any, place: Any) -> Any:
    """Ask, inside a kernel, for the cache line of a place of an array.

    Args:
        typing_context: numba's, which a kernel does not pass.
        array: a C-contiguous array of any type and shape.
        place: of an element, counted over all of them; it is not checked.
    """
    if not isinstance(array, types.Array) or array.layout != "C" or not isinstance(place, types.Integer):
        return None

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = context.make_array(array)(context, builder, arguments[0])
        address = builder.gep(found.data, [arguments[1]])
        pointer, number = cgutils.voidptr_t, ir.IntType(32)
        declared = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        hint = cgutils.get_or_insert_function(builder.module, declared, "llvm.prefetch.p0i8")
        flags = [ir.Constant(number, flag) for flag in (_READ, _KEEP, _DATA)]
        builder.call(hint, [builder.bitcast(address, pointer), *flags])
        return context.get_dummy_value()

    return types.none(array, place), generate
