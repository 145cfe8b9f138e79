"""A configuration's text and what `--set` puts into it: one tree, and where each of its values was set."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, NamedTuple

from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import YAMLError

from babelmill.pipeline.config.model import RENAMED, Config
from babelmill.pipeline.config.places import Place, excerpt, find
from babelmill.pipeline.config.yaml_file import YAML_ERRORS, compose_yaml, parse_yaml, problem_of, read_text
from babelmill.transforms.errors import Collected, ConfigError, ConfigErrors, WorldError
from babelmill.transforms.secrets import redacted
from babelmill.transforms.text.visible import quote, visible

__all__ = ["Document", "override", "read_document"]

SET = "--set"
DEFAULT = "default"


class Document(NamedTuple):
    """A configuration as it was written.

    `path`, `text`: of the file. `data`: the tree with the overrides in it. `set_keys`: what `--set` named.
    """

    path: str
    text: str
    data: dict[str, Any]
    set_keys: tuple[str, ...] = ()

    def with_set(self, overrides: Sequence[str]) -> "Document":
        """Return the document with assignments `path.to.key=value` in it, in order.

        Raises:
            ConfigErrors: for all those that are none.
        """
        data, wrong = deepcopy(self.data), Collected()
        for assignment in overrides:
            with wrong.check():
                override(data, assignment)
        wrong.finish()
        return self._replace(data=data, set_keys=tuple(one.partition("=")[0] for one in overrides))

    def locate(self, error: ConfigError, at_key: bool = False) -> ConfigError:
        """Return an error with its place; one that has a place, or is of no key of the configuration, as it is.

        Args:
            error: with the path of a key.
            at_key: mark the key and not its value.
        """
        path = error.key.split(".")
        if error.place or path[0] not in {*self.data, *Config.model_fields, *RENAMED}:
            return error
        if any(_is_below(error.key, key) for key in self.set_keys):
            return ConfigError(error.key, error.message, SET)
        if not self.text:
            return error
        place, depth = find(compose_yaml(self.text), self.text, path, at_key)
        if depth == len(path):
            return ConfigError(error.key, error.message, *_at(self.path, self.text, place))
        if any(_is_below(key, ".".join(path[: depth + 1])) for key in self.set_keys):
            return ConfigError(error.key, error.message, SET)
        if at_key:
            return ConfigError(error.key, error.message, *_at(self.path, self.text, place))
        return ConfigError(error.key, error.message, DEFAULT)

    def in_order(self, error: ConfigError) -> ConfigError:
        """Return an error with all its places, those in the file first, from top to bottom."""
        found = {str(one): one for one in map(self.locate, error.errors)}.values()
        # Equal lines keep their order: sorting is stable.
        ordered = sorted(found, key=lambda one: _line_and_column(one.place))
        return ordered[0] if len(ordered) == 1 else ConfigErrors(ordered)

    @contextmanager
    def locating(self) -> Iterator[None]:
        """Give what is raised inside its place."""
        try:
            yield
        except ConfigError as error:
            raise self.in_order(error) from error


def _is_below(key: str, other: str) -> bool:
    return f"{key}.".startswith(f"{other}.")


def _line_and_column(place: str) -> tuple[int, int, int]:
    *_, line, column = ["", "", *place.rsplit(":", 2)][-3:]
    return (0, int(line), int(column)) if line.isdigit() and column.isdigit() else (1, 0, 0)


def _at(path: str, text: str, place: Place) -> tuple[str, tuple[str, ...]]:
    return f"{visible(redacted(path))}:{place.line + 1}:{place.column + 1}", excerpt(text, place)


def read_document(path: str, key: str = "", odd: bool = False) -> Document:
    """Read a YAML 1.2 file (`no` is Norwegian) with a mapping at its top; a key that stands twice is an error.

    Args:
        path: of the file, local or in a store, of at most 1 MiB and without aliases.
        key: for the error.
        odd: whether it may be a pipe.

    Raises:
        ConfigError: with `key`, and for what is no YAML with the place.
    """
    text = ""
    try:
        text = read_text(path, odd)
        found = parse_yaml(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Place(mark.line, mark.column) if mark else None
        said = problem_of(error)
        message = said or "duplicate key" if isinstance(error, DuplicateKeyError) else f"not valid YAML: {said}"
        where, line = _at(path, text, place) if place else (visible(redacted(path)), ())
        raise ConfigError(key, message, where, line) from error
    except WorldError as error:
        raise ConfigError(key, str(error)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(key, f"cannot read {path}: no utf-8 at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(key, f"{path}: not valid YAML: {problem_of(error)}") from error
    if not isinstance(found, dict):
        raise ConfigError(key, f"{path}: expected a mapping at the top, got {type(found).__name__}")
    return Document(path, text, found)


def override(data: dict[str, Any], assignment: str) -> None:
    """Apply one `--set path.to.key=value`; the value is YAML, a number in the path counts a list.

    Raises:
        ConfigError: for an assignment that is none, or leads nowhere.
    """
    path, equals, text = assignment.partition("=")
    if not equals or not path.strip("."):
        raise ConfigError("", f"expected path.to.key=value, got {quote(assignment)}", SET)
    try:
        value = parse_yaml(text)
    except YAML_ERRORS as error:
        raise ConfigError(path, f"{quote(text)} is no YAML value: {problem_of(error)}", SET) from error
    *parents, last = path.split(".")
    place: Any = data
    for parent in parents:
        if isinstance(place, list) and parent.isdigit() and int(parent) < len(place):
            place = place[int(parent)]
        elif isinstance(place, dict):
            place = place.setdefault(parent, {})
        else:
            raise ConfigError(path, f"{parent} does not exist", SET)
    if isinstance(place, list) and last.isdigit() and int(last) < len(place):
        place[int(last)] = value
    elif isinstance(place, dict):
        place[last] = value
    else:
        raise ConfigError(path, f"{parents[-1] if parents else last} is no mapping, so {last} cannot be set in it", SET)
