"""Fields by their names: `text`, a path into nested objects, `metadata.url`, or lists of them, `messages.content`.

>>> field_of = getter("metadata.url")
>>> field_of({"metadata": {"url": "https://example.org"}}), field_of({"metadata.url": "a"}), field_of({"metadata": 7})
('https://example.org', 'a', None)
>>> getter("messages.content")({"messages": [{"content": "Hello."}, {"role": "user"}, {"content": "Good bye."}]})
['Hello.', 'Good bye.']
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import methodcaller
from typing import Any

from babelmill.transforms.read.sources import Source
from babelmill.transforms.text.visible import visible

__all__ = ["FIELDS", "MISSING", "Fields", "getter", "joined_text", "listed", "names_of", "quoted", "without_text"]

FIELDS = "fields"
"""The stage of the ledger's rows that count the documents which have an `id`, `url` or `date` of their own; these are
the outcomes. Like the stage `masked` it is none that documents pass, and no law and no total reads it."""
MISSING: Any = object()
"""What stands for a field that is not there, where null is a value."""
_MOST_NAMES = 20
_NAME_CHARS = 60


def getter(name: str, default: Any = None) -> Callable[[Mapping[str, Any]], Any]:
    """Return a function from a JSON object to the value of one of its fields.

    A field that is called `a.b` at the top wins; otherwise dots lead into objects, and into each object of a list: its
    values then come as a list. The name is split here, once.

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
        return _descend(record, steps, default)

    return descend


def _descend(value: Any, steps: Sequence[str], default: Any) -> Any:
    for number, step in enumerate(steps):
        if isinstance(value, list):
            found = (_descend(inner, steps[number:], MISSING) for inner in value)
            values = [inner for inner in found if inner is not MISSING]
            return values or default
        if not isinstance(value, dict) or step not in value:
            return default
        value = value[step]
    return value


def joined_text(values: Sequence[Any]) -> Any:
    """Return the text that the fields of a source have: a list of texts with a line each, fields with a blank line.

    >>> joined_text(["The school", ["One.", None, "Two."], None]), joined_text(["", None]), joined_text([None])
    ('The school\\n\\nOne.\\nTwo.', '', None)

    Args:
        values: of each field; what is null is left out.

    Returns:
        Text; None where all are null; the first value that is neither text nor a list of texts.
    """
    parts = []
    for value in values:
        if isinstance(value, list):
            inner = [one for one in _flat(value) if one is not None]
            odd = next((one for one in inner if not isinstance(one, str)), None)
            if odd is not None:
                return odd
            value = "\n".join(inner) if inner else None
        if value is None:
            continue
        if not isinstance(value, str):
            return value
        parts.append(value)
    return "\n\n".join(part for part in parts if part) if parts else None


def _flat(values: Sequence[Any]) -> Iterator[Any]:
    """Yield what lists of lists have in the end."""
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value


class Fields:
    """The fields of a source, found in one record after the other.

    Args:
        source: names them.
    """

    def __init__(self, source: Source) -> None:
        self.text = source.texts
        self._texts = tuple(map(getter, source.texts))
        self._others = getter(source.id), getter(source.url), getter(source.date)
        self._roles = {role: tuple(getter(name, MISSING) for name in names) for role, names in source.fields.items()}

    def of(self, record: Mapping[str, Any]) -> tuple[Any, Any, Any, Any]:
        """Return a record's text, its parts joined, and its id, url and date as they are; None for what is missing."""
        id, url, day = self._others
        text = self._texts[0](record)
        if type(text) is not str or self._texts[1:]:
            text = joined_text([field_of(record) for field_of in self._texts])
        return text, id(record), url(record), day(record)

    def has_text(self, record: Mapping[str, Any]) -> bool:
        """Say whether any of the text's fields is there, and not null."""
        return any(field_of(record) is not None for field_of in self._texts)

    def roles(self, record: Mapping[str, Any], default: Any) -> Iterator[tuple[str, Any]]:
        """Yield `text`, `id`, `url`, `date` with the first value of its fields; the default if one is missing."""
        for role, getters in self._roles.items():
            values = [field_of(record) for field_of in getters]
            yield role, default if MISSING in values else values[0]


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


def without_text(names: Sequence[str], record: Mapping[str, Any]) -> str:
    """Say why a record has no text: its fields are null, or are not among those that the record has."""
    absent = [name for name in names if getter(name, MISSING)(record) is MISSING]
    if not absent:
        return f"the field {quoted(names[0])} is null"
    return f"no field {quoted(absent[0])} among {listed(names_of(record)) or 'none'}"
