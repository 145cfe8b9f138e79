"""What people write and pydantic does not read: `256MiB`, `200k`, `5%`, `~/data`: read in one place, by the schema.

A key of the model needs nothing of its own: an integer takes counts, one that ends in `_bytes` sizes, a number that is
at most 1 shares. The keys of paths are listed here.
"""

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from babelmill.pipeline.config.schema import human_form
from babelmill.pipeline.formatting.sizes import COUNT, SHARE, SIZE, parse_count, parse_share, parse_size
from babelmill.transforms.errors import Collected, ConfigError
from babelmill.transforms.quality.signals import BOUNDABLE
from babelmill.transforms.text.visible import quote

__all__ = ["expand", "read_human"]

_PATHS = tuple(
    re.compile(key)
    for key in (
        r"input\.\d+\.files(\.\d+)?", r"output", r"language\.model", r"quality\.profile",
        r"quality\.models\.[^.]+\.path", r"dedup\.against\.\d+", r"tokens\.tokenizer\.(path|ranks)",
    )
)  # fmt: skip
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))(?=/|$)")


def expand(key: str, path: str) -> str:
    """Return a path with the home folder in place of a `~` or `$HOME` at its beginning.

    Raises:
        ConfigError: with the key, for another variable there, another user's `~name`, or without a home.
    """
    variable = _VARIABLE.match(path)
    name = (variable.group(1) or variable.group(2)) if variable else None
    if name not in (None, "HOME"):
        raise ConfigError(key, f"{quote(path)}: only ~ and $HOME are expanded; for a folder of this name ./{path}")
    if not name and path != "~" and not path.startswith("~/"):
        if re.match(r"~[a-z_][a-z0-9_-]*/", path) and not Path(path.partition("/")[0]).exists():
            raise ConfigError(key, f"{quote(path)}: another user's home is not expanded; write the folder out")
        return path
    home = os.environ.get("HOME", "")
    if not home:
        raise ConfigError(key, f"{quote(path)}: HOME is not set in the environment")
    return home.rstrip("/") + path[variable.end() if variable else 1 :]


@cache
def _schema(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def read_human(data: Any, model: type[BaseModel]) -> tuple[Any, list[ConfigError]]:
    """Return a tree with numbers and paths in place of what people write for them, and what of it is wrong.

    What is no number in words stays as it is: the model says what it should be. A path that cannot be expanded is
    wrong, a share above 100 %, and yes or no where a number belongs.
    """
    schema, wrong = _schema(model), Collected()
    return _read(data, [schema], schema.get("$defs", {}), (), wrong), wrong.errors


def _read(
    value: Any, nodes: list[dict[str, Any]], defs: Mapping[str, Any], path: tuple[str, ...], wrong: Collected
) -> Any:
    known = list(_members(nodes, defs))
    if isinstance(value, dict):
        return {
            key: _read(inner, _below(known, str(key)), defs, (*path, str(key)), wrong) for key, inner in value.items()
        }
    if isinstance(value, list):
        items = [node["items"] for node in known if "items" in node]
        return [_read(inner, items, defs, (*path, str(place)), wrong) for place, inner in enumerate(value)]
    with wrong.check():
        if isinstance(value, str):
            return _read_text(value, known, path)
        kinds = {node.get("type") for node in known}
        if isinstance(value, bool) and kinds & {"integer", "number"} and "boolean" not in kinds:
            # pydantic takes yes for 1.
            raise ConfigError(".".join(path), f"expected a number, got {str(value).lower()}")
    return value


def _read_text(text: str, known: list[dict[str, Any]], path: tuple[str, ...]) -> Any:
    key = ".".join(path)
    if any(pattern.fullmatch(key) for pattern in _PATHS):
        return expand(key, text)
    if any(text in node.get("enum", [node.get("const")]) for node in known):
        return text
    name = next((part for part in reversed(path) if not part.isdigit()), "")
    for form in filter(None, (human_form(node, name) for node in known)):
        if form == SIZE and re.match(SIZE, text) and re.search(r"[1-9]", text):
            return int(parse_size(key, text))
        if form == COUNT and re.match(COUNT, text):
            return parse_count(key, text)
        if form == SHARE and re.match(SHARE, text) and _is_share(path):
            return parse_share(key, text)
    return text


def _is_share(path: tuple[str, ...]) -> bool:
    """Say whether a number is in [0, 1]: of the bounds of signals those of ratios are."""
    if path[:2] != ("quality", "overrides"):
        return True
    return len(path) > 3 and path[3] in BOUNDABLE and BOUNDABLE[path[3]].most == 1


def _members(nodes: list[dict[str, Any]], defs: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the schemas that a value may have, references followed and unions taken apart."""
    for node in nodes:
        if "$ref" in node:
            node = defs[node["$ref"].rpartition("/")[2]]
        yield node
        yield from _members([part for key in ("anyOf", "allOf", "oneOf") for part in node.get(key, ())], defs)


def _below(known: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """Return the schemas of a key's value."""
    found = [node["properties"][key] for node in known if key in node.get("properties", {})]
    maps = [node.get("additionalProperties") for node in known]
    maps += [part for node in known for part in node.get("patternProperties", {}).values()]
    return found or [part for part in maps if isinstance(part, dict)]
