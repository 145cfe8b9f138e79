"""`babelmill inspect` on the terminal: a run on one page, or one of its parts as a table."""

from collections.abc import Sequence
from statistics import median

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from babelmill.pipeline.corpus.summary import Part, Reason, Stage, Summary
from babelmill.pipeline.corpus.unread import unread_lines
from babelmill.pipeline.formatting.bars import blocks
from babelmill.pipeline.formatting.quantities import count, fraction, quantity, share
from babelmill.pipeline.formatting.sanitize import clipped
from babelmill.pipeline.show.terminal.grid import grid
from babelmill.pipeline.show.terminal.unknown import unknown_lines
from babelmill.transforms.write.listed import ShardFile

__all__ = ["overview", "table_of"]

_BAR_CHARS = 36
_SHOWN_REASONS = 3
_SHOWN_ROWS = 40
"""Of a table whose length the input decides; `--csv` has all of them."""


def overview(summary: Summary) -> RenderableType:
    """Return the whole page."""
    return Group(
        _heading(summary), Text(), *_stages(summary), Text(), _languages(summary.languages), Text(), *_shards(summary),
        *(Text(line, "yellow") for line in unknown_lines(summary.lost)), Text(), *_budget(summary),
    )  # fmt: skip


def table_of(summary: Summary, by: str) -> RenderableType:
    """Return one part of it: by `lang`, `source`, `reason` or `shard`."""
    if by == "lang":
        return _languages(summary.languages)
    if by == "source":
        return _sources(summary)
    if by == "reason":
        return _reasons(summary.reasons, summary.records)
    return _shard_table(summary.shards)


def _heading(summary: Summary) -> Text:
    total = summary.totals
    text = Text()
    text.append(f"{clipped(summary.name, 300)}\n", "bold")
    text.append(
        f"{total.docs:,} documents of {summary.records:,} records ({share(total.docs, summary.records)}), "
        f"{quantity(total.bytes, 'B')} of text\n{total.tokens:,} tokens in {len(summary.shards):,} shards"
    )
    for line in unread_lines(summary.inputs):
        text.append(f"\n{line}", "yellow")
    return text


def _bar(part: int, whole: int) -> Text:
    return Text(blocks(part, whole, _BAR_CHARS), "cyan")


def _stages(summary: Summary) -> list[RenderableType]:
    """Return the waterfall: what comes to each stage, what falls there, and by which reasons."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(ratio=1)
    for stage in summary.stages:
        table.add_row(stage.stage, f"{stage.documents:,}", _bar(stage.documents, summary.records))
        if stage.reasons:
            dropped = f"−{stage.documents - stage.kept:,}"
            table.add_row("", Text(dropped, "yellow"), Text(_leading(stage), "dim"))
    return [Text("Documents entering each stage, and dropped there", "bold italic"), table]


def _leading(stage: Stage) -> str:
    shown = [f"{clipped(reason.reason, 300)} {reason.documents:,}" for reason in stage.reasons[:_SHOWN_REASONS]]
    rest = sum(reason.documents for reason in stage.reasons[_SHOWN_REASONS:])
    return ", ".join(shown) + (f", others {rest:,}" if rest else "")


def _languages(languages: Sequence[Part]) -> Table:
    columns = ("language", "found", "dupl.", "docs", "kept", "text", "tokens", "tok/B", "budget")
    table = grid("Languages: documents found, duplicates, written; tokens of the budget's", columns)
    for part in languages:
        table.add_row(
            clipped(f"{part.key} {part.name}".strip(), 300),
            count(part.found),
            count(part.duplicates),
            count(part.documents),
            share(part.documents, part.found),
            quantity(part.bytes, "B"),
            quantity(part.tokens),
            f"{part.tokens_per_byte:.3f}" if part.bytes else "–",
            fraction(part.tokens, part.wanted, 0) if part.tokens else "–",
        )
    return table


def _sources(summary: Summary) -> Table:
    columns = ("source", "files", "input", "records", "dupl.", "docs", "kept", "text", "tokens", "tok/B")
    table = grid("Sources, in the configuration's order", columns)
    for part in summary.sources:
        files = [row for row in summary.inputs if row.source == part.key]
        table.add_row(
            clipped(part.key, 300),
            f"{len(files):,}",
            quantity(sum(row.bytes for row in files), "B"),
            count(part.found),
            count(part.duplicates),
            count(part.documents),
            share(part.documents, part.found),
            quantity(part.bytes, "B"),
            quantity(part.tokens),
            f"{part.tokens_per_byte:.3f}" if part.bytes else "–",
        )
    return table


def _reasons(reasons: Sequence[Reason], records: int) -> Table:
    table = grid("Reasons for dropping; share: of all records", ("reason", "documents", "share", "text"))
    for reason in reasons:
        row = (f"{reason.documents:,}", share(reason.documents, records), quantity(reason.bytes, "B"))
        table.add_row(clipped(reason.reason, 300), *row)
    return table


def _shard_table(shards: Sequence[ShardFile]) -> RenderableType:
    table = grid("Shards", ("path", "documents", "text", "tokens", "file"))
    for shard in shards[:_SHOWN_ROWS]:
        table.add_row(
            clipped(shard.path, 300),
            f"{shard.rows:,}",
            quantity(shard.text_bytes, "B"),
            quantity(shard.tokens),
            quantity(shard.file_bytes, "B"),
        )
    more = len(shards) - _SHOWN_ROWS
    return Group(table, Text(f"{more:,} more; --csv lists all of them", "dim")) if more > 0 else table


def _shards(summary: Summary) -> list[RenderableType]:
    shards = sorted(summary.shards, key=lambda shard: (shard.file_bytes, shard.path))
    if not shards:
        return [Text("No shards: no document was kept", "yellow")]
    total, least, most = sum(shard.file_bytes for shard in shards), shards[0], shards[-1]
    middle = median(shard.file_bytes for shard in shards)
    return [
        Text("Shards", "bold italic"),
        Text(f"{len(shards):,} files, {quantity(total, 'B')}, median {quantity(middle, 'B')}"),
        Text(f"smallest  {quantity(least.file_bytes, 'B'):>8}  {clipped(least.path, 300)}"),
        Text(f"largest   {quantity(most.file_bytes, 'B'):>8}  {clipped(most.path, 300)}"),
    ]


def _budget(summary: Summary) -> list[RenderableType]:
    tokens, wanted = summary.totals.tokens, summary.budget.total_tokens
    return [
        Text("Budget", "bold italic"),
        Text(f"{tokens:,} of {quantity(wanted)} tokens ({fraction(tokens, wanted, 2)})"),
    ]
