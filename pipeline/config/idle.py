"""Settings that do nothing beside others: refused where they contradict them, said where they are merely idle.

What is at its default is never spoken of: only what somebody wrote can be in vain.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from babelmill.transforms.errors import ConfigError
from babelmill.transforms.files.storage import is_local
from babelmill.transforms.language.min_score import ALL
from babelmill.transforms.read.formats import FORMATS
from babelmill.transforms.read.sources import Source

__all__ = ["IDLE", "Idle", "idle_settings", "refuse_idle"]

_BUILT_IN = frozenset(found.name for found in FORMATS)
_Config: TypeAlias = Any
"""A `Config`, which asks this module itself and so cannot be imported here."""


class Idle(NamedTuple):
    """A setting, and when it does nothing.

    `key`: its path, which must have been written. `is_idle`: says so of a configuration that has it. `why`: in words.
    `refused`: whether it is an error, for it cannot have been meant so.
    """

    key: str
    is_idle: Callable[[_Config], bool]
    why: str
    refused: bool = False


def _unprofiled(config: _Config) -> bool:
    """Say whether the run's own profile judges no document."""
    return config.quality.profile == "off" or all(source.profile for source in config.input)


def _unrated(config: _Config) -> bool:
    """Say whether no rule has bounds, so that there is no quality to rank by."""
    profiles = {source.profile or config.quality.profile for source in config.input}
    bounded = any(model.at_least != {} for model in config.quality.models.values())
    return profiles == {"off"} and not bounded


def _undeduplicated(config: _Config) -> bool:
    return not config.dedup.exact and config.dedup.near is None


def _all_are(kind: str) -> Callable[[_Config], bool]:
    return lambda config: {source.format for source in config.input} == {kind}


_PARQUET, _JSONL = _all_are("parquet"), _all_are("jsonl")
_OFF = "quality.profile is off, for all sources or for those without a profile of their own"
_NO_DEDUP = "dedup compares nothing: exact is false and near is off"

IDLE: tuple[Idle, ...] = (
    Idle("quality.overrides", _unprofiled, "there is no profile to override: " + _OFF, refused=True),
    Idle(
        "quality.overrides", lambda c: not all(c.quality.overrides.values()),
        "a language without a signal overrides nothing", refused=True,
    ),
    Idle(
        "quality.profile", lambda c: all(source.profile for source in c.input),
        "every source has a profile of its own",
    ),
    Idle("dedup.against", _undeduplicated, _NO_DEDUP, refused=True),
    Idle("dedup.old", lambda c: not c.dedup.against, "dedup.against names no earlier run"),
    Idle("dedup.keep", _undeduplicated, _NO_DEDUP),
    Idle(
        "dedup.keep", lambda c: "quality" in c.dedup.keep and _unrated(c),
        "quality ranks nothing: no rule has bounds that a document could be far from",
    ),
    Idle(
        "dedup.keep", lambda c: "source_rank" in c.dedup.keep and len(c.input) == 1,
        "source_rank ranks nothing: there is one source",
    ),
    Idle("dedup.cluster", lambda c: c.dedup.near is None, "near is off; exact duplicates are clusters either way"),
    Idle("dedup.exchange", _undeduplicated, _NO_DEDUP),
    Idle("work.partitions", _undeduplicated, _NO_DEDUP),
    Idle(
        "language.min_score", lambda c: ALL in c.language.min_score and set(c.wanted) <= c.language.min_score.keys(),
        "`all` is nobody's: every language has a score of its own",
    ),
    Idle("access.hosts", lambda c: not c.access.schemes, "access.schemes is empty: nothing remote is read"),
    Idle(
        "access.hosts", lambda c: all(is_local(path) for path in _paths(c)),
        "every path of this run is local",
    ),
    Idle("limits.footer_bytes", _JSONL, "no source is Parquet"),
    Idle("limits.row_group_bytes", _JSONL, "no source is Parquet"),
    Idle("limits.page_bytes", _JSONL, "no source is Parquet"),
    Idle("limits.json_depth", _PARQUET, "every source is Parquet"),
    Idle("limits.json_digits", _PARQUET, "every source is Parquet"),
    Idle(
        "budget.max_epochs", lambda c: set(c.budget.max_epochs) > set(c.wanted) and "rest" in c.budget.max_epochs,
        "`rest` is no language: every one has a number of its own",
    ),
)  # fmt: skip
"""Every setting that can be idle, and when."""


def _paths(config: _Config) -> list[str]:
    """Return what a run reads, by `access`."""
    tokenizer = config.tokens.tokenizer
    models = [model.path for model in config.quality.models.values()]
    files = [glob for source in config.input for glob in source.globs]
    named = [*files, *config.dedup.against, *models, config.language.model, tokenizer.path, tokenizer.ranks]
    return [path for path in named if path]


def _is_written(config: _Config, key: str) -> bool:
    """Say whether a key has another value than its default, by its path through the sections."""
    *parents, last = key.split(".")
    section: Any = config
    for name in parents:
        section = getattr(section, name)
    fields = type(section).__pydantic_fields__
    return bool(getattr(section, last) != fields[last].get_default(call_default_factory=True))


def _idle(config: _Config, refused: bool) -> list[Idle]:
    return [idle for idle in IDLE if idle.refused == refused and _is_written(config, idle.key) and idle.is_idle(config)]


def _idle_options(source: Source) -> list[str]:
    """Return the keys of a source that were written and are options of another format than the source's."""
    if source.format == "auto":
        return []
    default = Source(source.source, source.files)
    options = {"delimiter": ("csv", "tsv"), "quotes": ("csv", "tsv"), "header": ("csv", "tsv"), "document": ("text",)}
    return [
        key
        for key, formats in options.items()
        if source.format in _BUILT_IN - {*formats} and getattr(source, key) != getattr(default, key)
    ]


def refuse_idle(config: _Config) -> None:
    """Refuse a setting that contradicts another.

    Raises:
        ConfigError: with its key and why.
    """
    for idle in _idle(config, refused=True):
        raise ConfigError(idle.key, idle.why)


def idle_settings(config: _Config) -> tuple[str, ...]:
    """Return a sentence for each setting that was written and does nothing."""
    lines = [f"{idle.key}: {idle.why}; it does nothing" for idle in _idle(config, refused=False)]
    for number, source in enumerate(config.input):
        lines += [
            f"input.{number}.{key}: the format is {source.format}; it does nothing" for key in _idle_options(source)
        ]
        if source.profile == config.quality.profile:
            lines.append(f"input.{number}.profile: it is the run's own, quality.profile; it does nothing")
    return tuple(lines)
