"""Learned filters: the models of a configuration into scores and rules."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from babelmill.pipeline.config.sections import ModelSection
from babelmill.transforms.errors import ConfigError, WorldError, nearest
from babelmill.transforms.files.storage import file_digest, is_local
from babelmill.transforms.models.fasttext import LABEL, labels_of, load_fasttext
from babelmill.transforms.models.resources import at_hand
from babelmill.transforms.quality.classifier import Score
from babelmill.transforms.quality.rules import Bounds, Within
from babelmill.transforms.text.visible import quote

__all__ = ["Learned", "load_models"]

_ALL = "all"


class Learned(NamedTuple):
    """A learned filter made ready: what scores, what judges (None where nothing is bounded), the model's SHA-256."""

    score: Score
    rule: Within | None
    sha256: str

    @property
    def content(self) -> tuple[object, ...]:
        """What results depend on: not where the file lies."""
        return self.score.name, self.score.label, self.score.chars, self.rule, self.sha256


def load_models(models: Mapping[str, ModelSection], wanted: tuple[str, ...]) -> tuple[Learned, ...]:
    """Load every model once.

    Raises:
        ConfigError: with the key's path, for a model that is missing, damaged or another than its `sha256`, a label
            that it does not know, and a language that is not of this run.
    """
    return tuple(_load(f"quality.models.{name}", name, section, wanted) for name, section in models.items())


def _load(key: str, name: str, section: ModelSection, wanted: tuple[str, ...]) -> Learned:
    if is_local(section.path) and not Path(section.path).is_file():
        raise ConfigError(f"{key}.path", f"no file {quote(section.path)}")
    try:
        path = at_hand(section.path)
        digest = file_digest(path)
        known = sorted(labels_of(path))
        load_fasttext(path)
    except WorldError as error:
        raise ConfigError(f"{key}.path", str(error)) from error
    if section.sha256 and digest != section.sha256:
        raise ConfigError(f"{key}.sha256", f"{section.path} has the digest {digest}, {section.sha256} is wanted")
    if not known:
        raise ConfigError(f"{key}.path", f"{section.path} has no labels: a supervised model is wanted")
    label = section.label.removeprefix(LABEL)
    if label not in known:
        raise ConfigError(f"{key}.label", f"{section.path} has no label {quote(label)}{nearest(label, known)}")
    score = Score(name, path, label, section.chars)
    bounds = _bounds(f"{key}.at_least", section.at_least, wanted)
    return Learned(score, Within(score.column, bounds) if bounds else None, digest)


def _bounds(key: str, limits: float | Mapping[str, float], wanted: tuple[str, ...]) -> dict[str, Bounds]:
    by_lang = limits if isinstance(limits, Mapping) else {_ALL: limits}
    for lang in by_lang:
        if lang != _ALL and lang not in wanted:
            raise ConfigError(f"{key}.{lang}", f"no language of this run{nearest(lang, [*wanted, _ALL])}")
    found = {lang: by_lang.get(lang, by_lang.get(_ALL)) for lang in wanted}
    return {lang: Bounds(limit, None) for lang, limit in found.items() if limit is not None}
