"""The configuration: YAML 1.2 into frozen models, every error with the path of its key.

    config = load_config("configs/sample.yaml", ["dedup.near.bands=20"])

A field's name is the YAML key. Everything that changes results stands here; `work` alone changes only how the work is
cut up, never what comes out.
"""

import difflib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from transforms.dedup.rank import KeepKey
from transforms.dedup.sign import Near
from transforms.errors import ConfigError
from transforms.languages import GLM4
from transforms.quality.rules import Bounds
from transforms.read.sources import Source
from transforms.tokens.tokenizer import TokenizerSource

__all__ = ["Config", "load_config", "load_yaml", "nearest"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class LanguageSection(_Section):
    """`model`: a fastText model, by path or by the name of one that comes with Babelmill. `min_score` in [0, 1]."""

    model: str = "lid.176.ftz"
    min_score: Annotated[float, Field(ge=0, le=1)] = 0.5


class QualitySection(_Section):
    """`profile`: a name in configs/quality, a path, or `off`. `overrides`: language → signal → at_least, at_most."""

    profile: str = "fineweb2"
    overrides: Mapping[str, Mapping[str, Bounds]] = {}


class DedupSection(_Section):
    """`near: off` and `exact: false` turn each kind off. `keep`: which of equals survives, most important first.

    `exchange`: what the shuffle carries of a signature: `references` into files (cheap where files are near), the
    `records` themselves (Dataflow), or `auto`: by where the output lies.
    """

    exact: bool = True
    near: Near | None = Near()
    keep: tuple[KeepKey, ...] = get_args(KeepKey)
    exchange: Literal["auto", "references", "records"] = "auto"

    @field_validator("near", mode="before")
    @classmethod
    def _off(cls, value: Any) -> Any:
        return None if value in ("off", False) else Near() if value in ("on", True) else value


class TokensSection(_Section):
    """`tokenizer`: a tokenizer.json by path, package or hub. `ids: false` counts only."""

    tokenizer: TokenizerSource
    ids: bool = True


class ShardsSection(_Section):
    """`target_bytes`: UTF-8 text a shard. `compression`: of Parquet's pages."""

    target_bytes: Annotated[int, Field(ge=1 << 10, le=1 << 30)] = 1 << 28
    compression: Literal["zstd", "snappy", "gzip", "none"] = "zstd"


class LimitsSection(_Section):
    """`record_bytes`: a longer record is refused as `read/record_too_large`."""

    record_bytes: Annotated[int, Field(ge=1 << 10, le=1 << 30)] = 1 << 26


class WorkSection(_Section):
    """How the work is cut up; results do not depend on it.

    `item_bytes`: text of a work item, roughly. `partitions`: of the band hashes; `auto` goes by the input's size.
    """

    item_bytes: Annotated[int, Field(ge=1 << 10, le=1 << 36)] = 1 << 24
    partitions: Literal["auto"] | Annotated[int, Field(ge=1, le=1 << 16)] = "auto"


class BudgetSection(_Section):
    """`shares`: language, or `rest` for all others → share of `total_tokens`; they add up to 1."""

    total_tokens: Annotated[int, Field(gt=0)] = 10**13
    shares: Mapping[str, Annotated[float, Field(ge=0, le=1)]] = {"zh": 0.40, "en": 0.50, "rest": 0.10}
    max_epochs: Mapping[str, Annotated[float, Field(gt=0)]] = {}

    @field_validator("shares")
    @classmethod
    def _whole(cls, shares: Mapping[str, float]) -> Mapping[str, float]:
        if abs(sum(shares.values()) - 1) > 1e-9:
            raise ValueError(f"the shares add up to {sum(shares.values()):g}, not 1")
        return shares

    @field_validator("shares", "max_epochs")
    @classmethod
    def _known(cls, values: Mapping[str, float]) -> Mapping[str, float]:
        for lang in values:
            if lang not in GLM4 and lang != "rest":
                raise ValueError(f"{lang!r} is no language of the recipe{nearest(lang, [*GLM4, 'rest'])}")
        return values


class Config(_Section):
    """A run's whole configuration."""

    name: Annotated[str, Field(pattern=r"^[\w.-]{1,80}$")]
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 0
    input: Annotated[tuple[Source, ...], Field(min_length=1)]
    output: Annotated[str, Field(min_length=1)]
    languages: Literal["glm4"] | Annotated[tuple[str, ...], Field(min_length=1)] = "glm4"
    language: LanguageSection = LanguageSection()
    quality: QualitySection = QualitySection()
    dedup: DedupSection = DedupSection()
    tokens: TokensSection
    shards: ShardsSection = ShardsSection()
    audit: bool = False
    max_rejected_ratio: Annotated[float, Field(ge=0, le=1)] = 0.05
    limits: LimitsSection = LimitsSection()
    work: WorkSection = WorkSection()
    budget: BudgetSection = BudgetSection()

    @field_validator("quality", mode="before")
    @classmethod
    def _quality_off(cls, value: Any) -> Any:
        return {"profile": "off"} if value in ("off", False) else value

    @field_validator("dedup", mode="before")
    @classmethod
    def _dedup_off(cls, value: Any) -> Any:
        return {"exact": False, "near": None} if value in ("off", False) else value

    @model_validator(mode="after")
    def _one_name_each(self) -> "Config":
        names = [source.source for source in self.input]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"input: two sources are called {', '.join(sorted(twice))}; give one source several globs")
        return self

    @property
    def wanted(self) -> tuple[str, ...]:
        """The codes of the corpus's languages."""
        return tuple(GLM4) if self.languages == "glm4" else tuple(self.languages)


def nearest(word: str, words: Sequence[str]) -> str:
    """Return `; did you mean …?` with the nearest of some words, or all of them where none is near."""
    close = difflib.get_close_matches(word, words, 1, 0.5)
    return f"; did you mean {close[0]}?" if close else f"; one of {', '.join(words)}" if words else ""


def load_yaml(path: str, key: str = "") -> dict[str, Any]:
    """Read a YAML 1.2 file (`no` is Norwegian) with a mapping at its top; a key that stands twice is an error.

    Raises:
        ConfigError: with `key`, the file and the line.
    """
    try:
        with open(path, encoding="utf-8") as file:
            found = YAML(typ="safe", pure=True).load(file)
    except DuplicateKeyError as error:
        problem = (error.problem or "duplicate key").splitlines()[0]
        raise ConfigError(key, f"{path}, line {_line(error)}: {problem}") from error
    except (MarkedYAMLError, YAMLError) as error:
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ConfigError(key, f"{path}, line {_line(error)}: no valid YAML: {problem}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(key, f"cannot read {path}: {error}") from error
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
        raise ConfigError("--set", f"{assignment!r}: path.to.key=value is wanted")
    try:
        value = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise ConfigError(path, f"{text!r} is no YAML value: {str(error).splitlines()[0]}") from error
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


def _valid_keys(path: Sequence[str | int]) -> list[str]:
    """Return the keys that are valid at a path of the configuration."""
    model: Any = Config
    for step in path:
        if isinstance(step, int):
            continue
        fields = getattr(model, "model_fields", None) or getattr(model, "__pydantic_fields__", {})
        if step not in fields:
            return []
        annotation = fields[step].annotation
        for part in (annotation, *get_args(annotation)):
            if hasattr(part, "model_fields") or hasattr(part, "__pydantic_fields__"):
                annotation = part
        model = annotation
    return list(getattr(model, "model_fields", None) or getattr(model, "__pydantic_fields__", {}))


def _explain(error: ValidationError, data: Any) -> ConfigError:
    """Turn pydantic's first error into one line: the key's path, the value, what would be right."""
    first = error.errors()[0]
    path: list[str | int] = []
    value = data
    for step in first["loc"]:
        if isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(value, list | tuple) and isinstance(step, int) and step < len(value):
            value = value[step]
        elif first["type"] not in ("missing", "missing_argument") or step != first["loc"][-1]:
            continue  # pydantic names the member of a union here: no key of the file
        path.append(step)
    key = ".".join(map(str, path))
    match first["type"]:
        case "extra_forbidden" | "unexpected_keyword_argument":
            return ConfigError(key, f"no such key{nearest(str(path[-1]), _valid_keys(path[:-1]))}")
        case "missing" | "missing_argument":
            return ConfigError(key, "this key is missing")
        case "value_error":
            return ConfigError(key, first["msg"].removeprefix("Value error, "))
        case _:
            expected = first["msg"].removeprefix("Input should be ")
            return ConfigError(key, f"{value!r} is not right: {expected} is wanted")


def load_config(path: str, overrides: Sequence[str] = ()) -> Config:
    """Read and validate a configuration.

    Args:
        path: a YAML file.
        overrides: assignments `path.to.key=value`, applied in order.

    Raises:
        ConfigError: for the first thing that is wrong.
    """
    data = load_yaml(path)
    for assignment in overrides:
        _override(data, assignment)
    try:
        return Config.model_validate(data)
    except ValidationError as error:
        raise _explain(error, data) from error
