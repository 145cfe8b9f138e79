"""The JSON schema of a configuration: what editors check YAML with, and by which numbers in words are found."""

from typing import Any

from pydantic import BaseModel

from babelmill.pipeline.formatting.sizes import COUNT, SHARE, SIZE

__all__ = ["RATIO", "config_schema", "human_form"]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
"""What pydantic writes (its documentation, "JSON Schema")."""
RATIO = "x-ratio"
"""Marks a number that is a share only under some keys."""
_ABOUT = ("title", "description", "default", RATIO)


def config_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of a configuration as it may be written: sizes, counts and shares in words, too."""
    found: dict[str, Any] = _in_words(model.model_json_schema())
    return {"$schema": DRAFT, **found, "title": "Babelmill configuration"}


def human_form(node: dict[str, Any], key: str) -> str | None:
    """Return the pattern of the words in which a node's number may be written; None for any other node.

    Args:
        node: of a schema, without references.
        key: that its value has.
    """
    if node.get("type") == "integer":
        return SIZE if key.endswith("_bytes") else COUNT
    if node.get("type") == "number" and (node.get("maximum", 2) <= 1 or RATIO in node):
        return SHARE
    return None


def _in_words(node: Any, key: str = "") -> Any:
    """Return a schema in which every such number may be text of its pattern."""
    if isinstance(node, list):
        return [_in_words(inner, key) for inner in node]
    if not isinstance(node, dict):
        return node
    # What is in no `properties` belongs to the key around it: members of unions, items, values of mappings.
    found = {
        name: {inner: _in_words(part, inner) for inner, part in value.items()}
        if name in ("properties", "$defs")
        else _in_words(value, key) if name not in ("default", "enum", "const", "required") else value
        for name, value in node.items()
    }  # fmt: skip
    if found.get("type") == "boolean" and "title" in found:
        # YAML 1.2 reads these as text. A part of a union has no title, and lists its own words.
        about = {name: found.pop(name) for name in _ABOUT if name in found}
        return {**about, "anyOf": [found, {"enum": ["on", "off", "yes", "no"]}]}
    if pattern := human_form(found, key):
        about = {name: found.pop(name) for name in _ABOUT if name in found}
        about.pop(RATIO, None)
        return {**about, "anyOf": [found, {"type": "string", "pattern": pattern}]}
    return found
