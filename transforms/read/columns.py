"""Columns of a Parquet file by the names of fields: at the top, or by a path into structs and lists, as in JSON.

>>> schema = pa.schema([("text", pa.string()), ("meta", pa.struct([("url", pa.string())]))])
>>> find_column(schema, "meta.url"), find_column(schema, "meta.id"), list(column_names(schema))
(('meta', 'url'), None, ['text', 'meta.url'])
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.fields import quoted

__all__ = ["column_names", "element_of", "find_column", "is_list", "selection_of", "take_column"]


def is_list(kind: pa.DataType) -> bool:
    """Say whether a type is one of Arrow's lists."""
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
        or pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind)
    )  # fmt: skip


def element_of(kind: pa.DataType) -> pa.DataType:
    """Return the type of what is in lists of lists; of any other type itself."""
    while is_list(kind):
        kind = kind.value_type
    return kind


def selection_of(schema: pa.Schema, path: tuple[str, ...]) -> str:
    """Return what to ask a Parquet reader for to get a path of `find_column`: all of a list on the way to it."""
    kind: pa.Schema | pa.DataType = schema
    for number, step in enumerate(path, 1):
        kind = kind.field(step).type
        if is_list(kind):
            return ".".join(path[:number])
    return ".".join(path)


def find_column(schema: pa.Schema, name: str) -> tuple[str, ...] | None:
    """Return the path of a field: its name alone where a column is called so, else its steps; None without one.

    Raises:
        BrokenFile: if two columns are called so.
    """
    inner: pa.Schema | pa.StructType = schema
    kind: pa.DataType
    path = (name,) if name in schema.names else tuple(name.split("."))
    for number, step in enumerate(path, 1):
        found = inner.get_all_field_indices(step)
        if len(found) > 1:
            raise BrokenFile("doubled_column", f"{len(found)} columns are called {quoted('.'.join(path[:number]))}")
        if not found:
            return None
        kind = element_of(inner.field(found[0]).type)
        if number < len(path):
            if not pa.types.is_struct(kind):
                return None
            inner = kind
    return path


def column_names(schema: pa.Schema) -> Iterator[str]:
    """Yield the names of columns, in their order; those in a struct as paths, two levels deep."""
    for field in schema:
        # No path leads through a name that has a dot itself.
        if pa.types.is_struct(field.type) and field.type.num_fields and "." not in field.name:
            names = (field.type.field(number).name for number in range(field.type.num_fields))
            yield from (f"{field.name}.{name}" for name in names if "." not in name)
        else:
            yield field.name


def take_column(batch: pa.RecordBatch, path: tuple[str, ...]) -> pa.Array:
    """Return a batch's column at a path of `find_column`: null too where a struct on the way to it is.

    Below a list it comes as a list.
    """
    return _below(batch.column(batch.schema.get_field_index(path[0])), path[1:])


def _below(column: pa.Array, path: tuple[str, ...]) -> pa.Array:
    if not path:
        return column
    if not is_list(column.type):
        return _below(pc.struct_field(column, [path[0]]), path[1:])
    lengths = pc.list_value_length(column).fill_null(0)
    offsets = np.concatenate([[0], np.cumsum(lengths.to_numpy(zero_copy_only=False))]).astype(np.int64)
    inner = _below(column.flatten(), path)
    return pa.LargeListArray.from_arrays(pa.array(offsets), inner, mask=column.is_null())
