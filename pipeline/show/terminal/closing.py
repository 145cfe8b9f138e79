"""The closing report on the terminal: what a run did, in 25 lines. Everything comes from ledger and manifest."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from babelmill.pipeline.budget.accounts import accounts, estimated_by
from babelmill.pipeline.budget.shares import wanted_tokens
from babelmill.pipeline.config.budget import BudgetSection
from babelmill.pipeline.corpus.unread import unread_lines
from babelmill.pipeline.formatting.quantities import count, fraction, quantity, share
from babelmill.pipeline.show.terminal.fields import fields_line, unfilled_fields
from babelmill.pipeline.show.terminal.grid import grid
from babelmill.pipeline.show.terminal.unknown import unknown_lines
from babelmill.transforms.languages import name_of
from babelmill.transforms.ledger import KEPT, STAGES, Counts, Tally
from babelmill.transforms.pii.kinds import KINDS
from babelmill.transforms.pii.mask import MASKED
from babelmill.transforms.read.sources import Source
from babelmill.transforms.text.visible import visible
from babelmill.transforms.unknown import lost_by_language
from babelmill.transforms.write.listed import InputFile

__all__ = ["MOST_LINES", "closing"]

MOST_LINES = 25
_NOTE_LINES = 11
"""Of what stands below the tables."""
_AROUND = 8
"""Titles, headers, and what more there is of both tables; the blank line behind each."""
_LEAST_ROWS = 2
_NOTE_HEIGHT = 2
"""Of one of these lines, where it wraps."""


def closing(
    ledger: Tally,
    budget: BudgetSection,
    languages: Sequence[str],
    shards: int,
    notes: Mapping[str, int],
    sources: Sequence[Source],
    inputs: Sequence[InputFile] = (),
    folder: str = "RUN",
    width: int = 80,
    most_lines: int = MOST_LINES,
) -> RenderableType:
    """Return what a run did: stages × languages, the leading reasons, the budget; what was capped (`notes`).

    Of `sources` it says which fields were named in the configuration and were in no document, of `inputs` what was not
    read.

    Args:
        ledger: the run's.
        budget: of the configuration.
        languages: that were wanted.
        shards: that were written.
        notes: of the manifest.
        sources: of the configuration.
        inputs: of the manifest.
        folder: the run's, for the command that shows the rest.
        width: of the terminal, in cells.
        most_lines: that it may have.
    """
    folder = visible(folder)
    console = Console(width=width)
    below = list(_fitting(_lines(ledger, budget, shards, notes, sources, inputs), console, _NOTE_LINES, folder))
    rows = max(2 * _LEAST_ROWS, most_lines - _AROUND - sum(_height(line, console) for line in below))
    found = [lang for lang in languages if ledger.total(stage="language", lang=lang).docs]
    reasons = _dropped(ledger)
    # Of three rows one is a reason's; what one table does not need is the other's.
    of_reasons = max(min(len(reasons), rows // 3), min(len(reasons), rows - len(found)))
    of_languages = rows - of_reasons
    return Group(
        _languages(ledger, budget, languages, found, of_languages),
        *_rest(found, languages, of_languages, folder, width), Text(),
        _reasons(ledger, reasons, of_reasons), Text(), *below,
    )  # fmt: skip


def _fitting(lines: Iterable[Text], console: Console, most: int, folder: str) -> Iterator[Text]:
    """Yield the lines that fit into so many of the terminal's, and how many did not."""
    left, taken = [_short(line, console) for line in lines], 0
    while left and taken + _height(left[0], console) <= most - bool(left[1:]):
        taken += _height(left[0], console)
        yield left.pop(0)
    if left:
        yield _more(f"and {len(left):,} more lines", folder, console.width)


def _short(line: Text, console: Console) -> Text:
    """Return a line that wraps into no more than two of the terminal's."""
    wrapped = line.wrap(console, console.width)
    if len(wrapped) <= _NOTE_HEIGHT:
        return line
    *first, last = wrapped[:_NOTE_HEIGHT]
    last.rstrip()
    last.truncate(console.width - 1)
    return Text.assemble(*first, last, "…", style=line.style)


def _height(line: Text, console: Console) -> int:
    return len(line.wrap(console, console.width))


def _languages(
    ledger: Tally, budget: BudgetSection, languages: Sequence[str], found: Sequence[str], most: int
) -> Table:
    columns = ("language", "found", "quality", "dedup", "kept", "text", "tokens", "B/token", "share")
    table = grid("Documents that each stage kept, by language; share: of the budget's tokens", columns)
    by = ledger.by("stage", "lang", "outcome")

    def kept(stage: str, lang: str) -> Counts:
        return by.get((stage, lang, KEPT), Counts())

    wanted = wanted_tokens(budget, {lang: kept("write", lang).tokens for lang in languages})
    by_tokens = sorted(found, key=lambda code: (-kept("write", code).tokens, -kept("language", code).docs, code))
    for lang in by_tokens[:most]:
        written, identified = kept("write", lang), kept("language", lang)
        target = wanted[lang]
        table.add_row(
            f"{lang} {name_of(lang)}".rstrip(),
            *(count(kept(stage, lang).docs) for stage in ("language", "quality", "dedup")),
            share(written.docs, identified.docs),
            quantity(written.bytes, "B"),
            quantity(written.tokens),
            f"{written.bytes / written.tokens:.2f}" if written.tokens else "–",
            fraction(written.tokens, target),
        )
    return table


def _more(what: str, folder: str, width: int) -> Text:
    """Return a line that says what shows the rest: with the run's folder where that fits."""
    line = Text(f"{what}: babelmill inspect {folder}", "dim")
    return line if line.cell_len <= width else Text(f"{what}: babelmill inspect RUN", "dim")


def _rest(found: Sequence[str], languages: Sequence[str], shown: int, folder: str, width: int) -> list[Text]:
    """Return a line for the languages without one: those beyond the rows, and those of which nothing was found."""
    beyond, empty = max(0, len(found) - shown), len(languages) - len(found)
    parts = [f"{beyond:,} more"] if beyond else []
    parts += [f"{empty:,} without a document"] if empty else []
    return [_more(f"and {', '.join(parts)}", folder, width)] if parts else []


def _dropped(ledger: Tally) -> list[tuple[str, Counts]]:
    """Return the reasons for dropping, the leading one first."""
    lost = Tally((key, counts) for key, counts in ledger.rows() if key[0] in STAGES and key[3] != KEPT)
    found = [(reason, counts) for (reason,), counts in lost.by("outcome").items()]
    return sorted(found, key=lambda pair: (-pair[1].docs, pair[0]))


def _reasons(ledger: Tally, leading: Sequence[tuple[str, Counts]], most: int) -> Table:
    read = ledger.total(stage="read")
    table = grid(
        "Leading reasons for dropping; tokens are estimates", ("reason", "documents", "share", "text", "≈tokens")
    )
    tokens = estimated_by(accounts(ledger), "outcome")
    for reason, counts in leading[:most]:
        part, size = share(counts.docs, read.docs), quantity(counts.bytes, "B")
        estimate = tokens.get(reason)
        table.add_row(reason, f"{counts.docs:,}", part, size, "–" if estimate is None else quantity(estimate))
    if len(leading) > most:
        rest = sum(counts.docs for _, counts in leading[most:])
        table.add_row(f"{len(leading) - most} more reasons", f"{rest:,}", share(rest, read.docs), "", "")
    return table


def _lines(
    ledger: Tally,
    budget: BudgetSection,
    shards: int,
    notes: Mapping[str, int],
    sources: Sequence[Source],
    inputs: Sequence[InputFile],
) -> Iterator[Text]:
    """Yield what stands below the tables: the sums, what was masked, unknown, capped, not read, not there."""
    read, kept = ledger.total(stage="read"), ledger.total(stage="read", outcome=KEPT)
    written = ledger.total(stage="write")
    lines = [
        f"{read.docs:,} records read, {read.docs - kept.docs:,} unreadable; "
        f"{written.docs:,} documents kept ({share(written.docs, read.docs)}) in {shards:,} shards",
        f"{written.tokens:,} tokens, {quantity(written.bytes, 'B')} of text; "
        f"{fraction(written.tokens, budget.total_tokens, 2)} of the budget of {quantity(budget.total_tokens)} tokens",
        fields_line(ledger),
    ]
    masked = {kind: ledger.total(stage=MASKED, outcome=kind).tokens for kind in KINDS}
    if any(masked.values()):
        found = ", ".join(f"{number:,} {kind}" for kind, number in masked.items() if number)
        lines.append(f"personal data masked: {found}; {quantity(ledger.total(stage=MASKED).bytes, 'B')} of text")
    lines += unknown_lines(lost_by_language(ledger.rows()))
    if unresolved := notes.get("unresolved"):
        lines.append(
            f"{unresolved:,} times a document met more others in a band than dedup.near.leaders, was like none of the "
            "first, and was compared with no more"
        )
    yield from map(Text, lines)
    yield from (Text(line, "yellow") for line in (*unread_lines(inputs), *unfilled_fields(ledger, sources)))
