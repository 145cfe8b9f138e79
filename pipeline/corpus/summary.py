"""The summary of a finished run: every number that a page shows, from manifest and ledger alone."""

from collections.abc import Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from babelmill.pipeline.budget.shares import wanted_tokens
from babelmill.pipeline.config.budget import BudgetSection
from babelmill.pipeline.corpus.corpus import Output
from babelmill.transforms.languages import name_of
from babelmill.transforms.ledger import KEPT, STAGES, Counts, Tally
from babelmill.transforms.unknown import Lost, lost_by_language
from babelmill.transforms.write.listed import InputFile, ShardFile

__all__ = ["Part", "Reason", "Stage", "Summary", "summarize"]


class Reason(NamedTuple):
    """Why documents were dropped, at which stage, and how many documents and bytes."""

    reason: str
    stage: str
    documents: int
    bytes: int


class Stage(NamedTuple):
    """What a stage got and kept, and its reasons for dropping the others, the leading one first."""

    stage: str
    documents: int
    kept: int
    reasons: tuple[Reason, ...]


class Part(NamedTuple):
    """One language or source.

    `found`: documents identified as of the language, or records of the source. `screened`: what quality kept of them.
    `duplicates`: what deduplication then removed. The rest is of what was written. `wanted`: the budget's tokens, 0
    for a source.
    """

    key: str
    found: int
    screened: int
    duplicates: int
    documents: int
    bytes: int
    characters: int
    tokens: int
    wanted: float

    @property
    def kept_share(self) -> float:
        """Documents written over documents found; 0 where none was."""
        return self.documents / self.found if self.found else 0.0

    @property
    def tokens_per_byte(self) -> float:
        """Tokens over bytes of text; 0 without text."""
        return self.tokens / self.bytes if self.bytes else 0.0

    @property
    def name(self) -> str:
        """A language's name in English, empty for others."""
        return name_of(self.key)


class Summary(NamedTuple):
    """A run: its stages, its languages (most tokens first), its sources (in their order), its shards."""

    name: str
    records: int
    totals: Counts
    stages: tuple[Stage, ...]
    languages: tuple[Part, ...]
    sources: tuple[Part, ...]
    reasons: tuple[Reason, ...]
    shards: tuple[ShardFile, ...]
    budget: BudgetSection
    wanted: tuple[str, ...]
    inputs: tuple[InputFile, ...]
    lost: Mapping[str, Lost] = {}
    """Language → what its tokenizer could not write, most first; nothing where it wrote all."""


def summarize(output: Output) -> Summary:
    """Add up a run.

    Args:
        output: of `open_sound`: its ledger is added up here, by language and by source.
    """
    manifest, table = output.manifest, output.table
    by_outcome = Tally.from_table(table, "stage", "outcome")
    by_lang, by_source = _fates(table, "lang"), _fates(table, "source")
    budget, wanted = output.config.budget, output.languages
    written = {lang: by_lang.get(("write", lang, True), Counts()).tokens for lang in wanted}
    targets = wanted_tokens(budget, written)
    languages = [_part(by_lang, "language", lang, targets[lang]) for lang in wanted]
    sources = [_part(by_source, "read", source, 0) for source in output.sources]
    stages = tuple(_stage(by_outcome, stage) for stage in STAGES)
    reasons = sorted((reason for stage in stages for reason in stage.reasons), key=_leading)
    return Summary(
        name=manifest.name,
        records=by_outcome.total(stage="read").docs,
        totals=by_outcome.total(stage="write"),
        stages=stages,
        languages=tuple(sorted(languages, key=lambda part: (-part.tokens, part.key))),
        sources=tuple(sources),
        reasons=tuple(reasons),
        shards=manifest.shards,
        budget=budget,
        wanted=wanted,
        inputs=manifest.inputs,
        lost=lost_by_language(Tally.from_table(table, "stage", "lang", "outcome").rows()),
    )


def _leading(reason: Reason) -> tuple[int, str]:
    return -reason.documents, reason.reason


def _stage(ledger: Tally, stage: str) -> Stage:
    found = {key.outcome: counts for key, counts in ledger if key.stage == stage}
    kept = found.pop(KEPT, Counts()).docs
    reasons = sorted((Reason(name, stage, counts.docs, counts.bytes) for name, counts in found.items()), key=_leading)
    return Stage(stage, kept + sum(reason.documents for reason in reasons), kept, tuple(reasons))


def _fates(table: pa.Table, part: str) -> dict[tuple[str, str, bool], Counts]:
    """Return (stage, language or source, whether kept) → what became of its documents there."""
    kept = pc.if_else(pc.equal(table["outcome"], KEPT), KEPT, "")
    table = table.set_column(table.schema.get_field_index("outcome"), "outcome", kept)
    ledger = Tally.from_table(table, "stage", part, "outcome")
    return {(key.stage, getattr(key, part), key.outcome == KEPT): counts for key, counts in ledger}


def _part(fates: Mapping[tuple[str, str, bool], Counts], first: str, value: str, wanted: float) -> Part:
    """Return a language's or source's row; `first` is the stage that it comes in by."""
    nothing = Counts()
    found = sum(fates.get((first, value, kept), nothing).docs for kept in (True, False))
    screened, duplicates = fates.get(("quality", value, True), nothing), fates.get(("dedup", value, False), nothing)
    return Part(value, found, screened.docs, duplicates.docs, *fates.get(("write", value, True), nothing), wanted)
