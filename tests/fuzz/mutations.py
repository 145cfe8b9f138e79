"""Mutations: a valid thing, a little wrong."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

__all__ = ["VALUES", "mutated", "mutated_json"]

_INTERESTING = [0, 1, 0x7F, 0x80, 0xFF, 0x0A, 0x22, 0x5C, 0x7B, 0xC0, 0xED, 0xF4]


def _changed(content: bytes, change: tuple[str, int, int, bytes]) -> bytes:
    kind, at, size, other = change
    at = at % (len(content) + 1)
    match kind:
        case "overwrite":
            return content[:at] + other + content[at + len(other) :]
        case "insert":
            return content[:at] + other + content[at:]
        case "delete":
            return content[:at] + content[at + size :]
        case "repeat":
            return content[:at] + content[at : at + size] * 3 + content[at + size :]
        case "cut":
            return content[:at]
        case "flip" if at < len(content):
            return content[:at] + bytes([content[at] ^ (1 << size % 8)]) + content[at + 1 :]
    return content


def mutated(contents: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Return one of the contents with up to six changes: bytes overwritten, inserted, deleted, repeated, flipped."""
    other = st.binary(min_size=1, max_size=9) | st.lists(st.sampled_from(_INTERESTING), min_size=1).map(bytes)
    places = st.integers(0, max(map(len, contents))) | st.integers(0, 80).map(lambda back: -back - 1)
    kinds = st.sampled_from(["overwrite", "insert", "delete", "repeat", "cut", "flip", "flip", "flip"])
    changes = st.lists(st.tuples(kinds, places, st.integers(1, 64), other), min_size=1, max_size=6)

    def apply(content: bytes, listed: list[tuple[str, int, int, bytes]]) -> bytes:
        for change in listed:
            content = _changed(content, change)
        return content

    return st.builds(apply, st.sampled_from(contents), changes)


_scalars: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 65), 1 << 65)
    | st.integers(-3, 3)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["zh", "en", "off", "auto", "..", "/etc/passwd", "glm4", "0" * 64, "=1", "data/lang=zh/part-00000.parquet"]
    )
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
"""Anything that JSON or YAML may say."""


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value inside another."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, part in inner for deeper in _paths(part, (*path, key)))]


def _put(value: Any, path: tuple[Any, ...], new: Any, kind: str) -> Any:
    if not path:
        return new
    copy = value.copy()
    key, *rest = path
    if rest or kind == "replace":
        copy[key] = _put(value[key], tuple(rest), new, kind)
    elif kind == "delete":
        del copy[key]
    elif isinstance(copy, dict):
        copy[str(new)] = copy[key]
    else:
        copy.insert(key, new)
    return copy


def mutated_json(value: Any) -> st.SearchStrategy[Any]:
    """Return a value of JSON with up to three of its parts replaced, deleted or added."""
    changes = st.tuples(st.integers(0, 1 << 20), VALUES, st.sampled_from(["replace", "replace", "delete", "add"]))

    def apply(listed: list[tuple[int, Any, str]]) -> Any:
        found = value
        for number, new, kind in listed:
            paths = _paths(found)
            found = _put(found, paths[number % len(paths)], new, kind)
        return found

    return st.lists(changes, min_size=1, max_size=3).map(apply)
