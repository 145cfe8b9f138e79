"""Quality profiles: YAML into rules and word lists."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from babelmill.pipeline.config.loader import load_yaml
from babelmill.pipeline.config.sections import QualitySection
from babelmill.pipeline.config.wordlists import bad_words, check_stop_words
from babelmill.transforms.errors import ConfigError, nearest
from babelmill.transforms.language.bayes import labels
from babelmill.transforms.languages import GLM4, LABELS
from babelmill.transforms.quality.rules import Bounds, Within
from babelmill.transforms.quality.signals import BOUNDABLE
from babelmill.transforms.text.visible import quote

__all__ = ["Profile", "is_own_profile", "load_profile", "packaged"]

_OWN_KEYS = ("stop_words",)
"""Keys of a language that are no signals."""
_KEYS = ("all", "bad_words", "languages")
_BAD_WORD_SIGNALS = ("q_bad_words_ratio", "q_bad_words_a_line")


class Profile(NamedTuple):
    """A profile made ready: the word lists of each wanted language, and one rule a signal that has bounds."""

    stop_words: Mapping[str, tuple[str, ...]]
    bad_words: Mapping[str, tuple[str, ...]]
    rules: tuple[Within, ...]


def packaged(folder: str, name: str) -> str:
    """Return the path of a file in the installed `configs`."""
    return str(files("babelmill.configs").joinpath(folder, name))


def is_own_profile(profile: str) -> bool:
    """Say whether a configuration's profile is a file of the user's, and not the name of one of ours."""
    return Path(profile).suffix in (".yaml", ".yml")


def _find(profile: str, key: str) -> str:
    """Return the path of a profile given by name or path; `key` names it in errors."""
    if is_own_profile(profile):
        return profile
    known = sorted(path.stem for path in Path(packaged("quality", "")).glob("*.yaml"))
    if profile not in known:
        raise ConfigError(key, f"no profile {quote(profile)}{nearest(profile, [*known, 'off'])}")
    return packaged("quality", f"{profile}.yaml")


def _bounds(key: str, signal: str, value: Any) -> Bounds:
    """Check one signal's bounds."""
    if signal not in BOUNDABLE:
        raise ConfigError(f"{key}.{signal}", f"no such signal{nearest(signal, list(BOUNDABLE))}")
    most = BOUNDABLE[signal].most
    if not isinstance(value, dict) or not value:
        raise ConfigError(f"{key}.{signal}", f"expected at_least or at_most, got {quote(value)}")
    for side, limit in value.items():
        if side not in Bounds._fields:
            raise ConfigError(f"{key}.{signal}.{side}", f"no such key{nearest(str(side), Bounds._fields)}")
        if isinstance(limit, bool) or not isinstance(limit, int | float) or not limit >= 0:
            raise ConfigError(f"{key}.{signal}.{side}", f"expected a number of at least 0, got {quote(limit)}")
        if most is not None and limit > most:
            raise ConfigError(f"{key}.{signal}.{side}", f"{limit} is outside the signal's range, 0 to {most:g}")
    return _in_order(f"{key}.{signal}", Bounds(**value))


def _in_order(key: str, bounds: Bounds) -> Bounds:
    """Refuse bounds that no value can meet."""
    if bounds.at_least is not None and bounds.at_most is not None and bounds.at_least > bounds.at_most:
        raise ConfigError(key, f"at_least {bounds.at_least} is more than at_most {bounds.at_most}")
    return bounds


def _section(key: str, found: Any) -> dict[str, Any]:
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ConfigError(key, f"expected a mapping, got {quote(found)}")
    return found


def _merged(old: Bounds, new: Bounds) -> Bounds:
    """Return the old bounds with the sides that the new ones have."""
    return old._replace(**{side: limit for side, limit in new._asdict().items() if limit is not None})


def _languages(path: str, data: Mapping[str, Any], wanted: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Return every language's section, with what holds for all and its own in place of it; all of them checked.

    Of `code` and `und` nothing but their own sections hold, and without one they have no rules.
    """
    for name in data:
        if name not in _KEYS:
            raise ConfigError(f"{path}: {name}", f"no such key{nearest(str(name), _KEYS)}")
    for_all = _section(f"{path}: all", data.get("all"))
    sections = _section(f"{path}: languages", data.get("languages"))
    known = {*GLM4, *LABELS, *labels(), *wanted}
    for lang, own in sections.items():
        if lang not in known:
            raise ConfigError(f"{path}: languages.{lang}", f"no such language{nearest(str(lang), sorted(known))}")
        # What holds for all languages is about prose.
        sections[lang] = ({} if lang in LABELS else for_all) | _section(f"{path}: languages.{lang}", own)
        for signal, value in sections[lang].items():
            if signal not in _OWN_KEYS:
                sections[lang][signal] = _bounds(f"{path}: languages.{lang}", signal, value)
    for lang in wanted:
        if lang in LABELS:
            sections.setdefault(lang, {})
        elif lang not in sections:
            raise ConfigError(
                "languages", f"{quote(lang)} has no entry in profile {path}; add one, or set quality: off"
            )
    return {lang: sections[lang] for lang in wanted}


def load_profile(section: QualitySection, wanted: tuple[str, ...], key: str = "quality.profile") -> Profile | None:
    """Read the profile that a configuration names by `key`, with its overrides; None where it is `off`.

    Raises:
        ConfigError: for an unknown signal or language, a bound outside its range, a list of words that is missing or
            no list, or a wanted language that the profile lacks.
    """
    if section.profile == "off":
        return None
    path = _find(section.profile, key)
    data = load_yaml(path, key)
    for lang in section.overrides:
        if lang not in wanted:
            raise ConfigError(f"quality.overrides.{lang}", f"no language of this run{nearest(lang, wanted)}")
    common = load_yaml(packaged("words", "stop_words.yaml"), key)
    stop_words: dict[str, tuple[str, ...]] = {}
    bounds: dict[str, dict[str, Bounds]] = {}
    for lang, own in _languages(path, data, wanted).items():
        for signal, limits in own.items():
            if signal not in _OWN_KEYS:
                bounds.setdefault(signal, {})[lang] = limits
        for signal, override in section.overrides.get(lang, {}).items():
            place = f"quality.overrides.{lang}"
            new = _bounds(place, signal, dict(override))
            old = bounds.setdefault(signal, {}).get(lang, Bounds())
            bounds[signal][lang] = _in_order(f"{place}.{signal}", _merged(old, new))
        wanted_stops = bounds.get("q_stop_words", {}).get(lang, Bounds()).at_least or 0
        place = f"{path}: languages.{lang}.stop_words"
        stop_words[lang] = check_stop_words(place, own.get("stop_words", common.get(lang, [])), wanted_stops)
    rules = tuple(Within(signal, bounds[signal]) for signal in BOUNDABLE if signal in bounds)
    return Profile(stop_words, _bad_words(path, data.get("bad_words"), wanted, bounds), rules)


def _bad_words(
    path: str, folder: Any, wanted: tuple[str, ...], bounds: Mapping[str, Mapping[str, Bounds]]
) -> dict[str, tuple[str, ...]]:
    """Read the bad words of every wanted language: from the profile's folder, beside the profile, or from our own."""
    key = f"{path}: bad_words"
    if folder is not None and not (isinstance(folder, str) and folder):
        raise ConfigError(key, f"expected the path of a folder, got {quote(folder)}")
    place = str(Path(path).parent / folder) if folder else packaged("words", "bad_words")
    counted = {
        lang for signal in _BAD_WORD_SIGNALS for lang, bound in bounds.get(signal, {}).items() if bound != Bounds()
    }
    return {lang: bad_words(key, place, lang, lang in counted) for lang in wanted}
