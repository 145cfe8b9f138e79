"""Columns of a Parquet file by the names of fields: at the top, or by a path into structs, as in JSON.

>>> schema = pa.schema([("text", pa.string()), ("meta", pa.struct([("url", pa.string())]))])
>>> find_column(schema, "meta.url"), find_column(schema, "meta.id"), list(column_names(schema))
(('meta', 'url'), None, ['text', 'meta.url'])
"""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.fields import quoted

__all__ = ["column_names", "find_column", "take_column"]


def find_column(schema: pa.Schema, name: str) -> tuple[str, ...] | None:
    """Return the path of a field: its name alone where a column is called so, else its steps; None without one.

    Raises:
        BrokenFile: if two columns are called so.
    """
    inner: pa.Schema | pa.StructType = schema
    path = (name,) if name in schema.names else tuple(name.split("."))
    for number, step in enumerate(path, 1):
        found = inner.get_all_field_indices(step)
        if len(found) > 1:
            raise BrokenFile("doubled_column", f"{len(found)} columns are called {quoted('.'.join(path[:number]))}")
        if not found:
            return None
        kind = inner.field(found[0]).type
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
    """Return a batch's column at a path of `find_column`: null too where a struct on the way to it is."""
    column = batch.column(batch.schema.get_field_index(path[0]))
    return pc.struct_field(column, list(path[1:])) if path[1:] else column
