"""Quality profiles by source: what holds for the run, and in its place what holds for a source with its own."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from babelmill.pipeline.config.profiles import Profile, load_profile
from babelmill.pipeline.config.sections import QualitySection
from babelmill.transforms.quality.measure import Measure
from babelmill.transforms.quality.rules import Within
from babelmill.transforms.quality.signals import BOUNDABLE
from babelmill.transforms.read.sources import Source

__all__ = ["Profiles", "load_profiles"]

_NOTHING = Profile({}, {}, ())


class Profiles(NamedTuple):
    """All profiles of a run made ready: what measures, None where all are `off`, and one rule a signal with bounds."""

    measure: Measure | None
    rules: tuple[Within, ...]


def load_profiles(section: QualitySection, sources: Sequence[Source], wanted: tuple[str, ...]) -> Profiles:
    """Read the run's profile with its overrides, and those of sources that name one, which have no overrides.

    Raises:
        ConfigError: as `load_profile` does, with `quality.profile` or `input.<number>.profile`.
    """
    common = load_profile(section, wanted)
    own: dict[str, Profile | None] = {}
    for number, source in enumerate(sources):
        if source.profile is not None:
            named = QualitySection(profile=source.profile)
            own[source.source] = load_profile(named, wanted, f"input.{number}.profile")
    if common is None and not any(own.values()):
        return Profiles(None, ())
    base = common or _NOTHING
    lists = {source: (profile.stop_words, profile.bad_words) for source, profile in own.items() if profile}
    lists = {source: found for source, found in lists.items() if found != (base.stop_words, base.bad_words)}
    return Profiles(Measure(base.stop_words, base.bad_words, lists), _rules(base, own))


def _rules(base: Profile, own: Mapping[str, Profile | None]) -> tuple[Within, ...]:
    """Return a rule for each signal that some profile bounds, in the order of BOUNDABLE."""
    common = {rule.signal: rule.bounds for rule in base.rules}
    by_source = {
        source: {rule.signal: rule.bounds for rule in profile.rules} if profile else {}
        for source, profile in own.items()
    }
    bounded = common.keys() | {signal for bounds in by_source.values() for signal in bounds}
    return tuple(
        Within(signal, common.get(signal, {}), {source: bounds.get(signal, {}) for source, bounds in by_source.items()})
        for signal in BOUNDABLE
        if signal in bounded
    )
