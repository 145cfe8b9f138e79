"""Reading a configuration: YAML 1.2 and `--set` into a Config, everything that is wrong at once, each with its place.

config = load_config("configs/sample.yaml", ["dedup.near.bands=20"])
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from babelmill.pipeline.config.budget import BudgetSection
from babelmill.pipeline.config.document import SET, Document, override, read_document
from babelmill.pipeline.config.explain import Wrong, explain
from babelmill.pipeline.config.human import read_human
from babelmill.pipeline.config.model import RENAMED, Config
from babelmill.transforms.errors import ConfigError, ConfigErrors, closest
from babelmill.transforms.text.visible import quote

__all__ = ["InvalidConfig", "Partial", "config_of", "load_budget", "load_config", "load_yaml"]

_NECESSARY: Mapping[str, Any] = {
    "name": "name",
    "input": [{"source": "source", "files": "file"}],
    "output": "output",
    "tokens": {"tokenizer": {"package": "package"}},
}
"""In place of what is wrong or missing, to look at the rest."""


class Partial(NamedTuple):
    """What of a wrong configuration is right: `config` has defaults for the sections that are named in `wrong`."""

    config: Config
    wrong: frozenset[str]


class InvalidConfig(ConfigErrors):
    """All that is wrong with a configuration by itself; `partial` is what could be looked at all the same, if any."""

    def __init__(self, errors: Sequence[ConfigError], partial: Partial | None = None) -> None:
        super().__init__(errors)
        self.partial = partial


def load_yaml(path: str, key: str = "", odd: bool = False) -> dict[str, Any]:
    """Return the tree of a YAML file, as `read_document` reads it."""
    return read_document(path, key, odd).data


class _Budget(BaseModel):
    budget: BudgetSection


def load_budget(found: Any, overrides: Sequence[str] = ()) -> BudgetSection:
    """Validate a section `budget` by itself, for a run that is finished.

    Args:
        found: the value of `budget:`.
        overrides: assignments `budget.to.key=value`.

    Raises:
        ConfigError: for all that is wrong; an override of anything else is.
    """
    data = {"budget": deepcopy(found)}
    for assignment in overrides:
        if assignment.partition("=")[0].split(".")[0] != "budget":
            raise ConfigError("", f"{quote(assignment)}: of a finished run only budget.… can be set", SET)
        override(data, assignment)
    document = Document("", "", data, tuple(one.partition("=")[0] for one in overrides))
    read, errors = read_human(data, _Budget)
    try:
        section = _Budget.model_validate(read).budget
    except ValidationError as error:
        errors += [one.error for one in explain(error, data, _Budget)]
    if errors:
        raise document.in_order(_all(errors))
    return section


def load_config(path: str, overrides: Sequence[str] = ()) -> Config:
    """Read and validate a configuration.

    Args:
        path: a YAML file.
        overrides: assignments `path.to.key=value`, applied in order.

    Raises:
        ConfigError: for all that is wrong with it by itself, each with its place.
    """
    return config_of(read_document(path, odd=True).with_set(overrides))


def config_of(document: Document) -> Config:
    """Validate a document.

    Raises:
        InvalidConfig: for all that is wrong with it by itself.
    """
    data, errors = read_human(document.data, Config)
    wrong: list[Wrong] = []
    try:
        found = Config.model_validate(data)
        if not errors:
            return found
    except ValidationError as error:
        wrong = explain(error, document.data, Config)
    except ConfigError as error:
        errors += error.errors
    told = {error.key for error in errors}
    errors += [document.locate(one.error, one.at_key) for one in wrong if one.error.key not in told]
    partial, crossed = _partial(data, wrong, errors)
    raise InvalidConfig(document.in_order(_all([*errors, *crossed])).errors, partial)


def _all(errors: Sequence[ConfigError]) -> ConfigError:
    return errors[0] if len(errors) == 1 else ConfigErrors(errors)


def _partial(
    data: dict[str, Any], wrong: Sequence[Wrong], errors: Sequence[ConfigError]
) -> tuple[Partial | None, Sequence[ConfigError]]:
    """Return a configuration without unknown keys and wrong sections, and what in it does not fit together."""
    rest = deepcopy(data)
    unknown = {one.error.key for one in wrong if one.unknown}
    for one in wrong:
        if one.unknown:
            _drop(rest, one.path)
    named = (error.key.partition(".")[0] for error in errors if error.key not in unknown)
    sections = frozenset(RENAMED.get(name, name) for name in named)
    # `langages: [zh]`: the languages are not the default's.
    sections |= {str(closest(key, list(Config.model_fields))) for key in unknown if "." not in key} & {
        *Config.model_fields
    }
    rest = {key: value for key, value in rest.items() if RENAMED.get(key, key) not in sections}
    rest |= {key: deepcopy(value) for key, value in _NECESSARY.items() if key not in rest}
    try:
        found = Config.model_validate(rest, context={"unchecked": True})
    except ValidationError:
        return None, ()
    return Partial(found, sections), found.conflicts(sections)


def _drop(data: Any, path: Sequence[str]) -> None:
    *parents, last = path
    for parent in parents:
        data = data[int(parent)] if isinstance(data, list) else data[parent]
    data.pop(last, None)
