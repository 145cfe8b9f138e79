"""Reading a configuration: YAML 1.2 and `--set` into a Config, every error with the path of its key.

config = load_config("configs/sample.yaml", ["dedup.near.bands=20"])
"""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import YAMLError

from babelmill.pipeline.config.budget import BudgetSection
from babelmill.pipeline.config.model import RENAMED, Config
from babelmill.pipeline.config.yaml_file import YAML_ERRORS, parse_yaml, problem_of, read_yaml
from babelmill.pipeline.formatting.sizes import parse_size
from babelmill.transforms.errors import ConfigError, WorldError, nearest
from babelmill.transforms.text.visible import quote

__all__ = ["load_budget", "load_config", "load_yaml"]


def load_yaml(path: str, key: str = "", odd: bool = False) -> dict[str, Any]:
    """Read a YAML 1.2 file (`no` is Norwegian) with a mapping at its top; a key that stands twice is an error.

    Args:
        path: of the file, local or in a store, of at most 1 MiB and without aliases.
        key: for the error.
        odd: whether it may be a pipe.

    Raises:
        ConfigError: with `key`, the file and the line.
    """
    try:
        found = read_yaml(path, odd)
    except DuplicateKeyError as error:
        raise ConfigError(key, f"{path}, line {_line(error)}: {problem_of(error) or 'duplicate key'}") from error
    except YAMLError as error:
        raise ConfigError(key, f"{path}, line {_line(error)}: no valid YAML: {problem_of(error)}") from error
    except WorldError as error:
        raise ConfigError(key, str(error)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(key, f"cannot read {path}: no utf-8 at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(key, f"{path}: no valid YAML: {problem_of(error)}") from error
    if not isinstance(found, dict):
        raise ConfigError(key, f"{path}: a mapping is wanted at the top, not {type(found).__name__}")
    return found


def _line(error: Exception) -> int | str:
    mark = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark else "?"


def _override(data: dict[str, Any], assignment: str) -> None:
    """Apply one `--set path.to.key=value`; the value is YAML, a number in the path counts a list."""
    path, equals, text = assignment.partition("=")
    if not equals or not path.strip("."):
        raise ConfigError("--set", f"{quote(assignment)}: path.to.key=value is wanted")
    try:
        value = parse_yaml(text)
    except YAML_ERRORS as error:
        raise ConfigError(path, f"{quote(text)} is no YAML value: {problem_of(error)}") from error
    *parents, last = path.split(".")
    place: Any = data
    for parent in parents:
        if isinstance(place, list) and parent.isdigit() and int(parent) < len(place):
            place = place[int(parent)]
        elif isinstance(place, dict):
            place = place.setdefault(parent, {})
        else:
            raise ConfigError(path, f"{parent} does not exist")
    if isinstance(place, list) and last.isdigit() and int(last) < len(place):
        place[int(last)] = value
    elif isinstance(place, dict):
        place[last] = value
    else:
        raise ConfigError(path, f"{parents[-1] if parents else last} is no mapping, so {last} cannot be set in it")


def _read_sizes(data: Any, path: str) -> None:
    """Put a number of bytes in the place of each size that is written as people write them, `target_bytes: 256MiB`."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        here = f"{path}.{key}".lstrip(".")
        if isinstance(value, str) and str(key).endswith("_bytes") and value.lstrip()[:1].isdigit():
            data[key] = int(parse_size(here, value))
        else:
            _read_sizes(value, here)


def _fields_of(model: Any) -> dict[str, Any]:
    """Return the fields of a pydantic model or dataclass; nothing for any other type."""
    found = getattr(model, "__pydantic_fields__", None)
    return found if isinstance(found, dict) else {}


def _valid_keys(path: Sequence[str | int]) -> list[str]:
    """Return the keys that are valid at a path of the configuration."""
    model: Any = Config
    for step in path:
        if isinstance(step, int):
            continue
        step = RENAMED.get(step, step)
        if step not in _fields_of(model):
            return []
        annotation = _fields_of(model)[step].annotation
        model = next((part for part in (annotation, *get_args(annotation)) if _fields_of(part)), None)
    return list(_fields_of(model))


def _key_path(data: Any, location: Sequence[str | int], missing: bool) -> tuple[list[str | int], Any]:
    """Return the path of an error in the file's own keys, and the value there.

    pydantic's location also names the members of unions: what the data does not have is left out, but for a last key
    that is missing.
    """
    path: list[str | int] = []
    value = data
    for number, step in enumerate(location):
        if isinstance(value, dict) and step not in value:
            step = next((old for old, new in RENAMED.items() if new == step and old in value), step)
        if isinstance(value, list) and isinstance(step, int):
            value = value[step]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        elif not (missing and number == len(location) - 1):
            continue
        path.append(step)
    return path, value


def _explain(error: ValidationError, data: Any) -> ConfigError:
    """Turn pydantic's first error into one line: the key's path, the value, what would be right.

    A union has an error for each of its members: those that speak of the same key are told together.
    """
    first, *others = error.errors()
    path, value = _path_of(first, data)
    key = ".".join(map(str, path))
    match first["type"]:
        case "extra_forbidden" | "unexpected_keyword_argument":
            return ConfigError(key, f"no such key{nearest(str(path[-1]), _valid_keys(path[:-1]))}")
        case "missing" | "missing_argument":
            return ConfigError(key, "this key is missing")
        case "value_error":
            return ConfigError(key, first["msg"].removeprefix("Value error, "))
    wanted = [_wanted(other) for other in (first, *others) if _path_of(other, data)[0] == path]
    return ConfigError(key, f"{quote(value)} is not right: it should be {', or '.join(dict.fromkeys(wanted))}")


def _path_of(error: Any, data: Any) -> tuple[list[str | int], Any]:
    return _key_path(data, error["loc"], error["type"] in ("missing", "missing_argument"))


def _wanted(error: Any) -> str:
    """Return what one of pydantic's errors wants, to be read behind `it should be`."""
    message = str(error["msg"]).split(", unable", 1)[0].removeprefix("Value error, ")
    if " should have " in message:
        return "one that has " + message.split(" should have ", 1)[1].split(" after validation", 1)[0]
    return message.removeprefix("Input should be ")


class _Budget(BaseModel):
    budget: BudgetSection


def load_budget(found: Any, overrides: Sequence[str] = ()) -> BudgetSection:
    """Validate a section `budget` by itself, for a run that is finished.

    Args:
        found: what stands behind `budget:`.
        overrides: assignments `budget.to.key=value`.

    Raises:
        ConfigError: for the first thing that is wrong; an override of anything else is.
    """
    data = {"budget": deepcopy(found)}
    for assignment in overrides:
        if assignment.partition("=")[0].split(".")[0] != "budget":
            raise ConfigError("--set", f"{quote(assignment)}: of a finished run only budget.… can be set")
        _override(data, assignment)
    try:
        return _Budget.model_validate(data).budget
    except ValidationError as error:
        raise _explain(error, data) from error


def load_config(path: str, overrides: Sequence[str] = ()) -> Config:
    """Read and validate a configuration.

    Args:
        path: a YAML file.
        overrides: assignments `path.to.key=value`, applied in order.

    Raises:
        ConfigError: for the first thing that is wrong.
    """
    data = load_yaml(path, odd=True)
    for assignment in overrides:
        _override(data, assignment)
    _read_sizes(data, "")
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        raise _explain(error, data) from error
