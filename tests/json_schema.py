"""JSON schema, as much of draft 2020-12 as a configuration's schema has, in plain Python: for tests.

An unknown keyword is an error, so that nothing of a schema goes unchecked.
"""

import re
from collections.abc import Iterator
from typing import Any

_ABOUT = {"$schema", "$defs", "title", "description", "default", "format"}
_TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "integer": int,
    "number": int | float,
}


def problems(schema: dict[str, Any], value: Any, node: Any = None, path: str = "$") -> Iterator[str]:
    """Yield what is wrong with a value, each with its path."""
    node = schema if node is None else node
    if node is True:
        return
    if node is False:
        yield f"{path}: nothing may be here"
        return
    for keyword, wanted in node.items():
        if keyword not in _ABOUT:
            yield from _CHECKS[keyword](schema, value, wanted, path, node)


def _ref(schema: Any, value: Any, wanted: str, path: str, node: Any) -> Iterator[str]:
    assert wanted.startswith("#/$defs/")
    yield from problems(schema, value, schema["$defs"][wanted.rpartition("/")[2]], path)


def _any_of(schema: Any, value: Any, wanted: list[Any], path: str, node: Any) -> Iterator[str]:
    found = [list(problems(schema, value, part, path)) for part in wanted]
    if all(found):
        yield f"{path}: {value!r} is none of {found}"


def _type(schema: Any, value: Any, wanted: str, path: str, node: Any) -> Iterator[str]:
    whole = isinstance(value, float) and value.is_integer() and wanted == "integer"
    right = isinstance(value, _TYPES[wanted]) and (wanted == "boolean" or not isinstance(value, bool))
    if not right and not whole:
        yield f"{path}: {value!r} is no {wanted}"


def _properties(schema: Any, value: Any, wanted: dict[str, Any], path: str, node: Any) -> Iterator[str]:
    for key in wanted.keys() & value.keys() if isinstance(value, dict) else ():
        yield from problems(schema, value[key], wanted[key], f"{path}.{key}")


def _patterns(schema: Any, value: Any, wanted: dict[str, Any], path: str, node: Any) -> Iterator[str]:
    for key, inner in value.items() if isinstance(value, dict) else ():
        for pattern, part in wanted.items():
            if re.search(pattern, str(key)):
                yield from problems(schema, inner, part, f"{path}.{key}")


def _additional(schema: Any, value: Any, wanted: Any, path: str, node: Any) -> Iterator[str]:
    for key, inner in value.items() if isinstance(value, dict) else ():
        known = key in node.get("properties", {})
        if not known and not any(re.search(pattern, str(key)) for pattern in node.get("patternProperties", {})):
            yield from problems(schema, inner, wanted, f"{path}.{key}")


def _names(schema: Any, value: Any, wanted: Any, path: str, node: Any) -> Iterator[str]:
    for key in value if isinstance(value, dict) else ():
        yield from problems(schema, str(key), wanted, f"{path} (key)")


def _items(schema: Any, value: Any, wanted: Any, path: str, node: Any) -> Iterator[str]:
    for place, inner in enumerate(value) if isinstance(value, list) else ():
        yield from problems(schema, inner, wanted, f"{path}.{place}")


def _required(schema: Any, value: Any, wanted: list[str], path: str, node: Any) -> Iterator[str]:
    for key in wanted if isinstance(value, dict) else ():
        if key not in value:
            yield f"{path}.{key}: is missing"


def _test(kinds: Any, right: Any, says: str) -> Any:
    def check(schema: Any, value: Any, wanted: Any, path: str, node: Any) -> Iterator[str]:
        if isinstance(value, kinds) and not isinstance(value, bool) and not right(value, wanted):
            yield f"{path}: {value!r} is not {says} {wanted!r}"

    return check


def _equal(schema: Any, value: Any, wanted: Any, path: str, node: Any) -> Iterator[str]:
    if value not in (wanted if isinstance(wanted, list) else [wanted]):
        yield f"{path}: {value!r} is not {wanted!r}"


_CHECKS: dict[str, Any] = {
    "$ref": _ref,
    "anyOf": _any_of,
    "type": _type,
    "properties": _properties,
    "patternProperties": _patterns,
    "additionalProperties": _additional,
    "propertyNames": _names,
    "items": _items,
    "required": _required,
    "const": _equal,
    "enum": _equal,
    "pattern": _test(str, lambda value, wanted: re.search(wanted, value), "like"),
    "minLength": _test(str, lambda value, wanted: len(value) >= wanted, "as long as"),
    "maxLength": _test(str, lambda value, wanted: len(value) <= wanted, "as short as"),
    "maxItems": _test(list, lambda value, wanted: len(value) <= wanted, "as short as"),
    "minItems": _test(list, lambda value, wanted: len(value) >= wanted, "as long as"),
    "minimum": _test(int | float, lambda value, wanted: value >= wanted, "at least"),
    "maximum": _test(int | float, lambda value, wanted: value <= wanted, "at most"),
    "exclusiveMinimum": _test(int | float, lambda value, wanted: value > wanted, "above"),
    "exclusiveMaximum": _test(int | float, lambda value, wanted: value < wanted, "below"),
}
