"""`babelmill schema`."""

from typing import Any

from babelmill.pipeline.commands.console import exit_codes

__all__ = ["schema"]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
"""What pydantic writes (its documentation, "JSON Schema")."""
_SIZE = r"^\s*[0-9]+(\.[0-9]+)?\s*([kKmMgGtTpP][iI]?)?[bB]?\s*$"
"""Of `256MiB`, as pipeline/formatting/sizes.py reads it."""


def schema() -> None:
    """Print the JSON schema of a configuration, for editors that complete and check YAML.

    In the configuration's first line: # yaml-language-server: $schema=babelmill.schema.json
    """
    with exit_codes():
        import orjson

        from babelmill.pipeline.config.model import Config

        found = {"$schema": _DRAFT, **_with_sizes(Config.model_json_schema()), "title": "Babelmill configuration"}
        print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())


def _with_sizes(node: Any, name: str = "") -> Any:
    """Return a schema in which every `_bytes` may be a size as people write it, too."""
    if isinstance(node, list):
        return [_with_sizes(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    found = {key: _with_sizes(inner, key) for key, inner in node.items()}
    if name.endswith("_bytes") and found.get("type") == "integer":
        about = {key: found.pop(key) for key in ("title", "description", "default") if key in found}
        return {**about, "anyOf": [found, {"type": "string", "pattern": _SIZE}]}
    return found
