"""What pydantic found wrong, in words: the key, what was expected, what is there, the nearest valid one."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError

from babelmill.pipeline.config.model import RENAMED
from babelmill.transforms.errors import ConfigError, closest, nearest
from babelmill.transforms.text.visible import quote

__all__ = ["Wrong", "explain"]

_UNKNOWN = ("extra_forbidden", "unexpected_keyword_argument")
_MISSING = ("missing", "missing_argument")
_CONTAINER = {"dict": "a mapping", "mapping": "a mapping", "model": "a mapping", "dataclass": "a mapping",
              "tuple": "a list", "list": "a list", "set": "a list"}  # fmt: skip
_SCALAR = {"int": "an integer", "float": "a number", "bool": "true or false", "string": "text"}
_BOUND = {"greater_than_equal": "at least", "greater_than": "more than",
          "less_than_equal": "at most", "less_than": "less than"}  # fmt: skip
_MOST = 100
"""Errors that are told one by one; of a thousand wrong items the first ones say it all."""


class Wrong(NamedTuple):
    """One thing that is wrong. `unknown`: a key that may be left out to look at all else; `at_key`: mark the key."""

    error: ConfigError
    path: tuple[str, ...]
    at_key: bool
    unknown: bool


def explain(error: ValidationError, data: Any, model: type[BaseModel]) -> list[Wrong]:
    """Return all that pydantic found, in the file's own keys.

    A union has an error for each of its members: those of the same key are told together, and of one that is about
    a list or mapping as a whole nothing is told where something inside is wrong.

    Args:
        error: as raised.
        data: what was validated, as it was written.
        model: what it was validated as.
    """
    told = [(_key_path(data, one), one) for one in error.errors(include_url=False, include_input=False)]
    paths = {path for (path, _), _ in told}
    inner = {path[:length] for path in paths for length in range(len(path))}
    ordered = [path for path in dict.fromkeys(path for (path, _), _ in told) if path not in inner or _plain(path, told)]
    by_path = {path: [one for (other, _), one in told if other == path] for path in ordered}
    values = {path: value for (path, value), _ in told}
    found = [_wrong(path, values[path], by_path[path], model) for path in ordered[:_MOST]]
    meant = {(*one.path[:-1], closest(one.path[-1], _valid_keys(model, one.path[:-1]))) for one in found if one.unknown}
    # A misspelt key is missing too: said once.
    return [one for one in found if one.unknown or one.path not in meant]


def _plain(path: tuple[str | int, ...], told: Any) -> bool:
    """Say whether an error is about no union: a check of our own, a key that is missing or unknown."""
    kinds = {one["type"] for (other, _), one in told if other == path}
    return bool(kinds & {*_UNKNOWN, *_MISSING, "value_error"})


def _wrong(path: tuple[str | int, ...], value: Any, errors: list[Any], model: type[BaseModel]) -> Wrong:
    key, parts = ".".join(map(str, path)), tuple(map(str, path))
    first = errors[0]
    kind = first["type"]
    if kind in _UNKNOWN:
        said = f"no such key{nearest(str(path[-1]), _valid_keys(model, path[:-1]))}"
        return Wrong(ConfigError(key, said), parts, True, True)
    if kind in _MISSING:
        return Wrong(ConfigError(key, "this key is missing"), parts, True, False)
    if kind == "value_error":
        return Wrong(ConfigError(key, first["msg"].removeprefix("Value error, ")), parts, False, False)
    at_key = first["loc"][-1:] == ("[key]",)
    found = path[-1] if at_key else value
    expected = list(dict.fromkeys(_expected(one, str(path[-1]) if path else "") for one in errors))
    literals = [word for one in errors for word in _literals(one)]
    close = closest(found, literals) if isinstance(found, str) else None
    hint = f"; did you mean {close}?" if close else ""
    said = f"expected {' or '.join(expected)}, got {quote(found)}{hint}"
    return Wrong(ConfigError(key, said), parts, at_key, False)


def _literals(error: Any) -> list[str]:
    return re.findall(r"'([^']*)'", error["ctx"]["expected"]) if error["type"] == "literal_error" else []


def _expected(error: Any, name: str) -> str:
    """Return what one of pydantic's errors wants, to be read after `expected`."""
    kind, context = error["type"], error.get("ctx", {})
    subject = kind.removesuffix("_type").removesuffix("_parsing").removesuffix("_from_float").removesuffix("_unicode")
    if subject == "int" and name.endswith("_bytes"):
        return "a size such as 256MiB"
    if kind != subject and subject in (_SCALAR | _CONTAINER):
        return (_SCALAR | _CONTAINER)[subject]
    if kind in _BOUND:
        limit = next(iter(context.values()))
        return f"{_BOUND[kind]} {int(limit) if limit == int(limit) else limit}"
    match kind:
        case "literal_error":
            return str(context["expected"])
        case "finite_number":
            return "a finite number"
        case "string_pattern_mismatch":
            return f"text that matches '{context['pattern']}'"
        case "string_too_short":
            return f"at least {_number(context['min_length'], 'character')}"
        case "string_too_long":
            return f"at most {_number(context['max_length'], 'character')}"
        case "too_short":
            return f"at least {_number(context['min_length'], 'item')}"
        case "too_long":
            return f"at most {_number(context['max_length'], 'item')}"
    message = str(error["msg"]).split(", unable", 1)[0]
    return message.removeprefix("Input should be ")


def _number(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _key_path(data: Any, error: Any) -> tuple[tuple[str | int, ...], Any]:
    """Return the path of an error in the file's own keys, and the value there.

    pydantic's location also names the members of unions: what the data does not have is left out, but for a last key
    that is missing.
    """
    path: list[str | int] = []
    value = data
    location = error["loc"]
    for number, step in enumerate(location):
        if isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        elif isinstance(value, dict) and (found := _own_key(value, step)) is not None:
            value, step = value[found], found
        elif not (error["type"] in _MISSING and number == len(location) - 1):
            continue
        path.append(step)
    return tuple(path), value


def _own_key(value: dict[Any, Any], step: str | int) -> Any:
    """Return a mapping's key as it was written: pydantic may have made a number of text, or text of a number."""
    if step in value:
        return step
    return next((key for key in value if str(key) == str(step) or RENAMED.get(key) == step), None)


def _fields_of(model: Any) -> dict[str, Any]:
    """Return the fields of a pydantic model or dataclass; nothing for any other type."""
    found = getattr(model, "__pydantic_fields__", None)
    return found if isinstance(found, dict) else {}


def _types(annotation: Any) -> Iterator[Any]:
    """Yield a type and, of a union, a list or a mapping, all that is inside."""
    yield annotation
    for part in get_args(annotation):
        yield from _types(part)


def _valid_keys(model: Any, path: Sequence[str | int]) -> list[str]:
    """Return the keys that are valid at a path of the configuration."""
    for step in path:
        step = RENAMED.get(str(step), step)
        # A step that is no field is an item of a list, or a name of the user's in a mapping.
        if (fields := _fields_of(model)) and step in fields:
            model = next((part for part in _types(fields[str(step)].annotation) if _fields_of(part)), None)
    return list(_fields_of(model))
