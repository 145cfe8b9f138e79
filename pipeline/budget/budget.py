"""The budget of a run: for every language and source what there is, what is wanted, and what it would take."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from babelmill.pipeline.budget.accounts import Account, accounts
from babelmill.pipeline.budget.apportion import exact
from babelmill.pipeline.budget.mix import Stratum, cap_of, mix
from babelmill.pipeline.config.budget import BudgetSection
from babelmill.transforms.ledger import Tally
from babelmill.transforms.write.strata import Strata

__all__ = ["MOST_BYTES", "Bucket", "Budget", "Line", "budget_of"]


MOST_BYTES = 1 << 60
"""Text of a scaled run, at the most: what is made of it, tokens and documents too, fits 64 bits. An exbibyte."""


class Line(NamedTuple):
    """A language or a source. Everything is in tokens but for epochs and raw bytes.

    Args:
        name: the language's code, or the source's name.
        have: unique tokens, times the scale.
        wanted: by the shares.
        cap: most epochs; None without.
        planned: wanted, less what the caps forbid, plus what others cannot take.
        epochs: planned / have; None of nothing.
        effective: new tokens that the planned ones are worth.
        shortfall: wanted and not planned.
        raw_bytes: of text that went in for it, times the scale.
        raw_bytes_needed: more of such text, kept as this was, until what is wanted is within the caps; None where
            nothing was kept to go by, or where more of the same would not help.
    """

    name: str
    have: int
    wanted: int
    cap: float | None
    planned: int
    epochs: float | None
    effective: int
    shortfall: int
    raw_bytes: int
    raw_bytes_needed: int | None


class Bucket(NamedTuple):
    """Documents of one language and one length or cluster size, from `at_least` on; tokens there are and planned."""

    lang: str
    at_least: int
    docs: int
    have: int
    planned: int


class Budget(NamedTuple):
    """All that is known of a run's budget; languages and sources each add up to `total_tokens`."""

    total_tokens: int
    scale: float
    languages: tuple[Line, ...]
    sources: tuple[Line, ...]
    strata: tuple[Stratum, ...]
    accounts: tuple[Account, ...]

    def lengths(self) -> list[Bucket]:
        """Return the tokens by language and documents' length."""
        return _buckets(self.strata, lambda one: one.tokens_from)

    def clusters(self) -> list[Bucket]:
        """Return the tokens by language and size of the near-duplicate cluster that a document stands for."""
        return _buckets(self.strata, lambda one: one.cluster_from)


def budget_of(
    section: BudgetSection,
    ledger: Tally,
    strata: Strata,
    languages: Sequence[str],
    sources: Sequence[str],
    scale: float = 1,
) -> Budget:
    """Return a run's budget.

    Args:
        section: what is wanted.
        ledger: the run's.
        strata: what it wrote.
        languages: those of the run.
        sources: likewise.
        scale: what the run has, times this: N for a sample of 1/N. That a larger input has more duplicates is not
            foreseen.
    """
    found = mix(section, strata, languages, sources, scale)
    raw = _raw_bytes(ledger, languages, scale)
    worth = _worth(found.strata)
    by_lang: dict[str, list[Stratum]] = {lang: [] for lang in languages}
    by_source: dict[str, list[Stratum]] = {source: [] for source in sources}
    for one in found.strata:
        by_lang[one.lang].append(one)
        by_source[one.source].append(one)
    growth = {lang: _growth(wanted, by_lang[lang]) for lang, wanted in found.languages.items()}

    def line(name: str, wanted: int, cap: float | None, mine: list[Stratum], place: int) -> Line:
        have, planned = sum(one.have for one in mine), sum(one.planned for one in mine)
        of_cells = {cell: size for cell, size in raw.items() if cell[place] == name}
        needed = growth[name] if not place else _growth(wanted, mine)
        more = None if needed is None else needed * sum(of_cells.values(), start=Fraction())
        if place and more is not None:
            # Of a source more is needed too for the languages that fall short, as they come from their sources.
            spread = ((growth[lang] or Fraction()) * size for (lang, _), size in of_cells.items())
            more = max(more, sum(spread, start=Fraction()))
        shortfall = max(0, wanted - planned)
        return Line(
            name=name,
            have=have,
            wanted=wanted,
            cap=cap,
            planned=planned,
            epochs=planned / have if have else None,
            effective=sum(tokens for cell, tokens in worth.items() if cell[place] == name),
            shortfall=shortfall,
            raw_bytes=round(sum(of_cells.values())),
            raw_bytes_needed=None if more is None or (shortfall and not more) else ceil(more),
        )

    caps, source_caps = section.max_epochs, section.sources.max_epochs
    return Budget(
        section.total_tokens,
        scale,
        tuple(line(lang, wanted, cap_of(caps, lang), by_lang[lang], 0) for lang, wanted in found.languages.items()),
        tuple(
            line(source, wanted, cap_of(source_caps, source), by_source[source], 1)
            for source, wanted in found.sources.items()
        ),
        found.strata,
        tuple(accounts(ledger)),
    )


def _raw_bytes(ledger: Tally, languages: Sequence[str], scale: float) -> dict[tuple[str, str], Fraction]:
    """Return the bytes of text that were read for each language of each source, times the scale.

    All that was read of a source is put down to its languages, in proportion to what was identified as theirs: what
    is unreadable, in no language, or in one that is not wanted, comes with them.
    """
    read = {source: counts.bytes for (stage, source), counts in ledger.by("stage", "source").items() if stage == "read"}
    found = {
        (lang, source): counts.bytes
        for (stage, lang, source), counts in ledger.by("stage", "lang", "source").items()
        if stage == "language" and lang in languages
    }
    whole = {source: sum(size for cell, size in found.items() if cell[1] == source) for source in read}
    times = exact(scale)
    return {cell: times * read[cell[1]] * size / whole[cell[1]] for cell, size in found.items() if size}


def _growth(wanted: int, mine: list[Stratum]) -> Fraction | None:
    """Return how much more there must be, as a multiple of what there is, for the caps to allow what is wanted."""
    bounds = [one.most for one in mine if one.weight]
    most = sum(bound for bound in bounds if bound is not None)
    if None in bounds or wanted <= most:
        return Fraction()
    return Fraction(wanted - most, most) if most else None


def _worth(strata: Sequence[Stratum]) -> Mapping[tuple[str, str], int]:
    """Return the effective tokens of each language of each source, in whole tokens that add up either way."""
    sums: dict[tuple[str, str], float] = {}
    for one in strata:
        cell = one.lang, one.source
        sums[cell] = sums.get(cell, 0.0) + one.effective
    return {cell: round(worth) for cell, worth in sums.items()}


def _buckets(strata: Sequence[Stratum], bound: Callable[[Stratum], int]) -> list[Bucket]:
    sums: dict[tuple[str, int], Bucket] = {}
    for one in strata:
        key = one.lang, bound(one)
        before = sums.get(key, Bucket(*key, 0, 0, 0))
        sums[key] = Bucket(*key, before.docs + one.docs, before.have + one.have, before.planned + one.planned)
    return [sums[key] for key in sorted(sums)]
