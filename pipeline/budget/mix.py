"""The mix: what is wanted of each language and source, what a run can give, and what is missing.

    shares ─► wanted ─► planned by language (fill) ─► planned by stratum (fill) ─► epochs, effective tokens

Every step ends in whole tokens. Two levels hold: a language's planned tokens are the sum of its strata's, and no
stratum is seen more often than its language's and its source's caps allow. What a capped language cannot take goes to
the others in proportion to their shares, so that the total is met as long as any may be repeated.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from babelmill.pipeline.budget.apportion import apportion, exact, fill
from babelmill.pipeline.budget.repetition import effective_tokens
from babelmill.pipeline.budget.shares import language_weights, rake, source_weights
from babelmill.pipeline.config.budget import REST, BudgetSection
from babelmill.transforms.write.strata import Strata

__all__ = ["Mix", "Stratum", "cap_of", "mix"]


class Stratum(NamedTuple):
    """Documents of one language, source, length and cluster size: what there is of them, and what is planned.

    `have`, `planned` are tokens; `most` is the tokens that the caps allow, None without a cap. `weight`: how much
    oftener than others they are to be seen.
    """

    lang: str
    source: str
    tokens_from: int
    cluster_from: int
    docs: int
    have: int
    weight: Fraction
    most: int | None
    planned: int = 0

    @property
    def effective(self) -> float:
        """How many new tokens the planned ones are worth."""
        return effective_tokens(self.have, self.planned)


class Mix(NamedTuple):
    """Tokens wanted of each language and each source, both adding up to the total; and what the strata give."""

    languages: dict[str, int]
    sources: dict[str, int]
    strata: tuple[Stratum, ...]


def mix(
    section: BudgetSection, strata: Strata, languages: Sequence[str], sources: Sequence[str], scale: float = 1
) -> Mix:
    """Divide the budget's total among a run's languages, sources and strata.

    Args:
        section: the budget; its names have been checked against the run's.
        strata: what the run wrote.
        languages: the run's, in the order in which equals are served.
        sources: likewise.
        scale: what the run has, times this.
    """
    found = _scaled(section, strata, scale)
    total = section.total_tokens
    by_language = language_weights(section, _sum(languages, ((one.lang, one.have) for one in found)))
    wanted = dict(zip(languages, apportion(total, by_language), strict=True))

    weighed = _sum(sources, ((one.source, one.have * one.weight) for one in found))
    by_source = source_weights(section, weighed)
    if by_source is not None:
        unwanted = {source for source, weight in zip(sources, by_source, strict=True) if not weight}
        found = [one._replace(weight=Fraction()) if one.source in unwanted else one for one in found]
    planned = dict(zip(languages, fill(total, by_language, _most("lang", languages, found)), strict=True))
    factors = dict.fromkeys(sources, Fraction(1))
    if by_source is not None:
        targets = fill(sum(planned.values()), by_source, _most("source", sources, found))
        factors = _factors(found, planned, dict(zip(sources, targets, strict=True)))
    parts = [_part([one for one in found if one.lang == lang], planned[lang], factors) for lang in languages]
    if by_source is None:
        wanted_of_sources = _as_they_come(found, wanted, weighed)
    else:
        wanted_of_sources = dict(zip(sources, apportion(total, by_source), strict=True))
    return Mix(wanted, wanted_of_sources, tuple(one for part in parts for one in part))


def _scaled(section: BudgetSection, strata: Strata, scale: float) -> list[Stratum]:
    """Return the run's strata with their weights and caps."""
    found = []
    for (lang, source, tokens_from, cluster_from), counts in strata.sums().items():
        weights = section.weights
        weight = exact(weights.source.get(source, 1))
        weight *= _at(weights.cluster_size, cluster_from) * _at(weights.n_tokens, tokens_from)
        have = int(counts.tokens * exact(scale))
        caps = [cap_of(section.max_epochs, lang), cap_of(section.sources.max_epochs, source)]
        bounds = [int(have * exact(cap)) for cap in caps if cap is not None]
        # What is not there cannot be repeated, cap or none.
        most = min(bounds) if bounds else None if have else 0
        found.append(
            Stratum(lang, source, tokens_from, cluster_from, int(counts.docs * exact(scale)), have, weight, most)
        )
    return found


def cap_of(caps: Mapping[str, float], name: str) -> float | None:
    """Return the cap on a name's epochs, or that of the rest; None where there is neither."""
    return caps.get(name, caps.get(REST))


def _at(weights: Mapping[int, float], bound: int) -> Fraction:
    """Return the weight of a bucket: that of the greatest bound that is not above it."""
    below = [named for named in weights if named <= bound]
    return exact(weights[max(below)]) if below else Fraction(1)


def _sum(names: Iterable[str], found: Iterable[tuple[str, Fraction | int]]) -> dict[str, Fraction]:
    sums = dict.fromkeys(names, Fraction())
    for name, number in found:
        sums[name] += number
    return sums


def _most(part: str, names: Sequence[str], found: Sequence[Stratum]) -> list[int | None]:
    """Return the tokens that the caps allow of each language or source; None where some of it has no cap."""
    sums: dict[str, int | None] = dict.fromkeys(names, 0)
    for one in found:
        name, before = getattr(one, part), sums[getattr(one, part)]
        if one.weight:
            sums[name] = None if before is None or one.most is None else before + one.most
    return list(sums.values())


def _factors(found: Sequence[Stratum], planned: Mapping[str, int], targets: Mapping[str, int]) -> dict[str, Fraction]:
    """Return how much more or less each source is taken than it comes, to meet its target over all languages."""
    langs, sources = list(planned), list(targets)
    seeds = np.zeros((len(langs), len(sources)))
    for one in found:
        seeds[langs.index(one.lang), sources.index(one.source)] += float(one.have * one.weight)
    factors = rake(seeds, list(planned.values()), list(targets.values()))
    return {source: Fraction(factor) for source, factor in zip(sources, factors.tolist(), strict=True)}


def _part(found: Sequence[Stratum], planned: int, factors: Mapping[str, Fraction]) -> list[Stratum]:
    """Divide a language's planned tokens among its strata."""
    weights = [one.have * one.weight * factors[one.source] for one in found]
    parts = fill(planned, weights, [one.most for one in found])
    return [one._replace(planned=part) for one, part in zip(found, parts, strict=True)]


def _as_they_come(
    found: Sequence[Stratum], wanted: Mapping[str, int], weighed: Mapping[str, Fraction]
) -> dict[str, int]:
    """Return what is wanted of each source: of each language in proportion to what there is.

    A language that the run has nothing of is taken to come from the sources as all the others do.
    """
    sums = dict.fromkeys(weighed, 0)
    for lang, tokens in wanted.items():
        mine = _sum(weighed, ((one.source, one.have * one.weight) for one in found if one.lang == lang))
        parts = apportion(tokens, list((mine if any(mine.values()) else weighed).values()))
        for source, part in zip(weighed, parts, strict=True):
            sums[source] += part
    return sums
