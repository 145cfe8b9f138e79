"""Quality profiles: YAML into rules and stop words."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.config import QualitySection
from pipeline.configfile import load_yaml
from transforms.errors import ConfigError, nearest
from transforms.quality.rules import Bounds, Within
from transforms.quality.signals import SIGNALS

__all__ = ["Profile", "load_profile", "packaged"]

_OWN_KEYS = ("stop_words",)
"""Keys of a language that are no signals."""


class Profile(NamedTuple):
    """A profile made ready: the stop words of each wanted language, and one rule a signal that has bounds."""

    stop_words: Mapping[str, tuple[str, ...]]
    rules: tuple[Within, ...]


def packaged(folder: str, name: str) -> str:
    """Return the path of a file in the installed `configs`."""
    return str(files("configs").joinpath(folder, name))


def _find(profile: str) -> str:
    """Return the path of a profile given by name or path."""
    if Path(profile).suffix in (".yaml", ".yml"):
        return profile
    known = sorted(path.stem for path in Path(packaged("quality", "")).glob("*.yaml"))
    if profile not in known:
        raise ConfigError("quality.profile", f"no profile {profile!r}{nearest(profile, [*known, 'off'])}")
    return packaged("quality", f"{profile}.yaml")


def _bounds(key: str, signal: str, value: Any) -> Bounds:
    """Check one signal's bounds."""
    if signal not in SIGNALS:
        raise ConfigError(f"{key}.{signal}", f"no such signal{nearest(signal, list(SIGNALS))}")
    if not isinstance(value, dict) or not value:
        raise ConfigError(f"{key}.{signal}", f"{value!r} is not right: at_least or at_most is wanted")
    for side, limit in value.items():
        if side not in Bounds._fields:
            raise ConfigError(f"{key}.{signal}.{side}", f"no such key{nearest(str(side), Bounds._fields)}")
        if isinstance(limit, bool) or not isinstance(limit, int | float) or not limit >= 0:
            raise ConfigError(f"{key}.{signal}.{side}", f"{limit!r} is not right: a number of at least 0 is wanted")
        if signal.endswith("_ratio") and signal != "q_newline_ratio" and limit > 1:
            raise ConfigError(f"{key}.{signal}.{side}", f"{limit} is outside the signal's range, 0 to 1")
    return _in_order(f"{key}.{signal}", Bounds(**value))


def _in_order(key: str, bounds: Bounds) -> Bounds:
    """Refuse bounds that no value can meet."""
    if bounds.at_least is not None and bounds.at_most is not None and bounds.at_least > bounds.at_most:
        raise ConfigError(key, f"at_least {bounds.at_least} is more than at_most {bounds.at_most}")
    return bounds


def _stop_words(key: str, found: Any, wanted: float) -> tuple[str, ...]:
    """Check a language's stop words, of which a document needs `wanted`."""
    if not isinstance(found, list) or not all(isinstance(word, str) and word for word in found):
        raise ConfigError(key, f"{found!r} is not right: a list of words is wanted (a number or `no` in quotes)")
    if len(set(found)) < wanted:
        raise ConfigError(key, f"q_stop_words wants {wanted:g}, and there are {len(set(found))}")
    return tuple(found)


def _section(key: str, found: Any) -> dict[str, Any]:
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ConfigError(key, f"{found!r} is not right: a mapping is wanted")
    return found


def load_profile(section: QualitySection, wanted: tuple[str, ...]) -> Profile | None:
    """Read the profile that a configuration names, with its overrides; None where it is `off`.

    Raises:
        ConfigError: for an unknown signal, a bound outside its range, or a wanted language that the profile lacks.
    """
    if section.profile == "off":
        return None
    path = _find(section.profile)
    data = load_yaml(path, "quality.profile")
    for name in data:
        if name not in ("all", "languages"):
            raise ConfigError(f"{path}: {name}", f"no such key{nearest(str(name), ['all', 'languages'])}")
    for_all = _section(f"{path}: all", data.get("all"))
    languages = _section(f"{path}: languages", data.get("languages"))
    for lang in section.overrides:
        if lang not in wanted:
            raise ConfigError(f"quality.overrides.{lang}", f"no language of this run{nearest(lang, wanted)}")
    common = load_yaml(packaged("words", "stop_words.yaml"), "quality.profile")
    stop_words: dict[str, tuple[str, ...]] = {}
    bounds: dict[str, dict[str, Bounds]] = {}
    for lang in wanted:
        if lang not in languages:
            raise ConfigError("languages", f"{lang!r} has no entry in profile {path}; add one, or set quality: off")
        own = _section(f"{path}: languages.{lang}", languages[lang])
        numbers = {**for_all, **{name: value for name, value in own.items() if name not in _OWN_KEYS}}
        for signal, value in numbers.items():
            bounds.setdefault(signal, {})[lang] = _bounds(f"{path}: languages.{lang}", signal, value)
        for signal, override in section.overrides.get(lang, {}).items():
            key = f"quality.overrides.{lang}"
            new = _bounds(key, signal, dict(override))
            old = bounds.setdefault(signal, {}).get(lang, Bounds())
            merged = old._replace(**{side: limit for side, limit in new._asdict().items() if limit is not None})
            bounds[signal][lang] = _in_order(f"{key}.{signal}", merged)
        wanted_stops = bounds.get("q_stop_words", {}).get(lang, Bounds()).at_least or 0
        key = f"{path}: languages.{lang}.stop_words"
        stop_words[lang] = _stop_words(key, own.get("stop_words", common.get(lang, [])), wanted_stops)
    return Profile(stop_words, tuple(Within(signal, bounds[signal]) for signal in SIGNALS if signal in bounds))
