"""Options: what a transform is constructed with, checked there, with the configuration's kind of message.

>>> checked("MaskPii.kinds", tuple[Kind, ...], ["emial"])
Traceback (most recent call last):
babelmill.transforms.errors.ConfigError: MaskPii.kinds.0: no such value 'emial'; did you mean email?
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from babelmill.transforms.errors import ConfigError, nearest
from babelmill.transforms.pii.kinds import Kind
from babelmill.transforms.text.visible import quote

__all__ = ["FieldName", "Kind", "checked", "given"]

FieldName = Annotated[str, Field(min_length=1)]
"""The name of a document's field."""


def checked(key: str, kind: Any, value: object) -> Any:
    """Return an argument as pydantic understands its type.

    Args:
        key: transform and argument, `MaskPii.kinds`.
        kind: its type.
        value: what was given.

    Raises:
        ConfigError: if it is not of that type; with the nearest right word, where there are some to choose from.
    """
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
    at, found = ".".join([key, *_place(first["loc"], value)]), first["input"]
    if first["type"] == "literal_error" and isinstance(found, str):
        words = re.findall(r"'([^']*)'", first["ctx"]["expected"])
        raise ConfigError(at, f"no such value {quote(found)}{nearest(found, words)}")
    if first["type"] == "unexpected_keyword_argument":
        raise ConfigError(at, f"no such key{nearest(str(first['loc'][-1]), _names(kind))}")
    wanted = re.sub(r"^(Input should be|Value error,|\w+ should have) ", "", first["msg"]).split(" after validation")[0]
    raise ConfigError(at, f"expected {wanted}, got {quote(found)}")


def _place(location: Sequence[str | int], value: Any) -> Iterator[str]:
    """Yield the steps to what is wrong; pydantic's location names members of unions too, which nobody has written."""
    for step in location:
        known = isinstance(value, Mapping) and step in value
        if known or (isinstance(value, Sequence) and isinstance(step, int) and step < len(value)):
            value = value[step]
            yield str(step)


def _names(kind: Any) -> list[str]:
    """Return the fields of a dataclass, or of the first one in a union."""
    parts = (kind, *getattr(kind, "__args__", ()))
    return next((list(part.__dataclass_fields__) for part in parts if hasattr(part, "__dataclass_fields__")), [])


def given(name: str, **arguments: tuple[Any, Any]) -> tuple[Any, ...]:
    """Return a transform's arguments, checked in their order.

    Args:
        name: the transform's.
        arguments: name → (type, value).
    """
    return tuple(checked(f"{name}.{key}", kind, value) for key, (kind, value) in arguments.items())
