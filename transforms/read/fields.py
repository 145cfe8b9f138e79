"""Fields by their names: `text`, or a path into nested objects, `metadata.url`.

>>> field_of = getter("metadata.url")
>>> field_of({"metadata": {"url": "https://example.org"}}), field_of({"metadata.url": "a"}), field_of({"metadata": 7})
('https://example.org', 'a', None)
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from operator import methodcaller
from typing import Any

from babelmill.transforms.text.visible import visible

__all__ = ["FIELDS", "MISSING", "getter", "listed", "names_of", "quoted", "without_text"]

FIELDS = "fields"
"""The stage of the ledger's rows that count the documents which have an `id`, `url` or `date` of their own; these are
the outcomes. Like the stage `masked` it is none that documents pass, and no law and no total reads it."""
MISSING: Any = object()
"""What stands for a field that is not there, where null is a value."""
_MOST_NAMES = 20
_NAME_CHARS = 60


def getter(name: str, default: Any = None) -> Callable[[Mapping[str, Any]], Any]:
    """Return a function from a JSON object to the value of one of its fields.

    A field that is called `a.b` at the top wins; otherwise dots lead into objects. The name is split here, once.

    Args:
        name: the field's.
        default: what is returned where there is no such field.
    """
    if "." not in name:
        get: Callable[[Mapping[str, Any]], Any] = methodcaller("get", name, default)
        return get
    steps = name.split(".")

    def descend(record: Mapping[str, Any]) -> Any:
        if name in record:
            return record[name]
        value: Any = record
        for step in steps:
            if not isinstance(value, dict) or step not in value:
                return default
            value = value[step]
        return value

    return descend


def names_of(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of a record's fields, as they come; those of an object in it as paths, two levels deep."""
    for name, value in record.items():
        # No path leads through a name that has a dot itself.
        if isinstance(value, dict) and value and "." not in name:
            yield from (f"{name}.{inner}" for inner in value if "." not in inner)
        else:
            yield name


def listed(names: Iterable[str]) -> str:
    """Return names for a message: the first 20, each cut after 60 characters and harmless to a terminal."""
    shown = list(islice(names, _MOST_NAMES + 1))
    cut = (name if len(name) <= _NAME_CHARS else f"{name[:_NAME_CHARS]}…" for name in shown[:_MOST_NAMES])
    return ", ".join(map(visible, cut)) + (", …" if len(shown) > _MOST_NAMES else "")


def quoted(name: str) -> str:
    """Return a field's name for a message, in quotes."""
    return f"'{listed([name])}'"


def without_text(name: str, record: Mapping[str, Any]) -> str:
    """Say why a record has no text: the field `name` is null, or is not among those that the record has."""
    if getter(name, MISSING)(record) is not MISSING:
        return f"the field {quoted(name)} is null"
    return f"no field {quoted(name)} among {listed(names_of(record)) or 'none'}"
