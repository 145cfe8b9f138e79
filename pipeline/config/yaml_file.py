"""YAML 1.2 as configurations, profiles and prices are written in it: a tree, and a small one.

An alias stands for all that its anchor has, so a few hundred bytes of them become a billion values; nothing that is
read here needs one. Bytes and depth are bounded too.
"""

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, ComposerError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent

from babelmill.transforms.files.storage import read_bytes

__all__ = ["YAML_BYTES", "YAML_ERRORS", "compose_yaml", "parse_yaml", "problem_of", "read_text"]

YAML_BYTES = 1 << 20
"""Of a file: the largest that comes with Babelmill has 18 kB."""
YAML_ERRORS = (YAMLError, ValueError, RecursionError)
"""What is raised for text that is no YAML, or not this YAML."""
_DEEPEST = 32
_PROBLEM_CHARS = 300


class _Tree(Composer):
    """Composes no aliases, and no deep nesting."""

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose a node and all below it."""
        event = self.parser.peek_event()
        if isinstance(event, AliasEvent):
            raise ComposerError(None, None, f"an alias, *{event.anchor}; write its value out", event.start_mark)
        if self._depth >= _DEEPEST:
            raise ComposerError(None, None, f"nested more than {_DEEPEST} deep", event.start_mark)
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


def _yaml(text: str) -> YAML:
    if len(text) > YAML_BYTES:
        raise ValueError(f"more than {YAML_BYTES:,} characters")
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _Tree
    return yaml


def parse_yaml(text: str) -> Any:
    """Return the value of some YAML: `no` is text, a key that stands twice is an error.

    Raises:
        YAMLError, ValueError, RecursionError: for what is not such YAML.
    """
    return _yaml(text).load(text)


def compose_yaml(text: str) -> Any:
    """Return the root node of some YAML, each node with its marks: where in the text it begins and ends.

    Raises:
        YAMLError, ValueError, RecursionError: as `parse_yaml`.
    """
    return _yaml(text).compose(text)


def read_text(path: str, odd: bool = False) -> str:
    """Return the text of a file of YAML.

    Args:
        path: of the file, local or in a store.
        odd: whether it may be a pipe, as a shell makes one for a configuration.

    Raises:
        WorldError: if it cannot be read, or has more than 1 MiB.
        UnicodeDecodeError: if it is not in UTF-8.
    """
    return read_bytes(path, YAML_BYTES, odd).decode("utf-8")


def problem_of(error: Exception) -> str:
    """Return what an error says, on one line and not too much of it: it may quote the file."""
    problem = getattr(error, "problem", None) if isinstance(error, MarkedYAMLError) else None
    return next(iter(str(problem or error).splitlines()), "")[:_PROBLEM_CHARS]
