"""A shard on the terminal: what is in the file, and its documents, tokens coloured."""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from babelmill.pipeline.corpus.shard import Shard
from babelmill.pipeline.corpus.token_offsets import Span, units_of
from babelmill.pipeline.formatting.quantities import quantity
from babelmill.pipeline.formatting.sanitize import clipped, visible_lines
from babelmill.transforms.text.visible import visible

__all__ = ["NOT_OURS", "overview", "shard_json", "tokens_text"]

NOT_OURS = "a Parquet file without Babelmill's footer"
_MOST_GROUPS = 8
_STYLES = ("black on bright_cyan", "black on bright_yellow")
_SPLIT = "black on bright_magenta"
_MARK = "│"


def overview(shard: Shard) -> RenderableType:
    """Return a file's facts, its row groups and its columns."""
    facts = _grid(("", ""), header=False)
    facts.columns[1].overflow = "fold"
    checked, pages = (sum(getattr(column, name) for column in shard.columns) for name in ("checked", "pages"))
    broken = sum(column.broken for column in shard.columns)
    for name, value in (
        ("file", clipped(shard.path, 1000)),
        ("is", f"somebody else's: {NOT_OURS}" if shard.kind is None else clipped(str(shard.kind), 200)),
        ("size", f"{shard.size:,} bytes"),
        ("SHA-256", shard.sha256 + _against(shard)),
        ("rows", f"{shard.rows:,} in {len(shard.groups):,} row group{'s' * (len(shard.groups) != 1)}"),
        ("pages", f"{pages:,}, {checked:,} with a checksum, {broken:,} broken"),
        ("compression", " ".join(sorted({column.compression.lower() for column in shard.columns}))),
        ("written by", clipped(shard.created_by, 100)),
        *((f"  {clipped(key, 40)}", clipped(value, 200)) for key, value in sorted((shard.footer or {}).items())),
    ):
        facts.add_row(Text(name, "bold"), Text(value))
    return Group(facts, Text(), _groups(shard.groups), Text(), _columns(shard))


def _against(shard: Shard) -> str:
    if shard.run is None:
        return " (no finished run above it to compare with)"
    if not shard.listed:
        return " (the manifest has none for such a file)"
    return " (not the manifest's)" if any(p.startswith("SHA-256") for p in shard.problems) else " (the manifest's)"


def _grid(columns: Iterable[str], header: bool = True) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_header=header)
    for column in columns:
        table.add_column(column, no_wrap=header)
    return table


def _groups(groups: Sequence[tuple[int, int, int]]) -> Table:
    table = _grid(("row group", "rows", "compressed", "raw", "ratio"))
    for column in table.columns:
        column.justify = "right"
    for number, (rows, size, raw) in enumerate(groups[:_MOST_GROUPS]):
        ratio = f"{raw / size:.2f}" if size else ""
        table.add_row(str(number), f"{rows:,}", quantity(size, "B"), quantity(raw, "B"), ratio)
    if len(groups) > _MOST_GROUPS:
        table.add_row("…", f"{len(groups) - _MOST_GROUPS:,} more", "", "", "")
    return table


def _columns(shard: Shard) -> Table:
    table = _grid(("column", "type", "size", "ratio", "nulls", "least", "greatest"))
    # With a space between them they fit a terminal of 80; rich would rather drop whole columns.
    table.padding = (0, 1, 0, 0)
    for column in table.columns[2:5]:
        column.justify = "right"
    for found in shard.columns:
        ratio = f"{found.raw_size / found.size:.2f}" if found.size else ""
        nulls = "" if found.nulls is None else f"{found.nulls:,}"
        cells = (_cut(found.name, 27), _cut(found.type, 6), quantity(found.size, "B"), ratio, nulls)
        style = "red" if found.broken else ""
        table.add_row(*map(Text, (*cells, _value(found.least), _value(found.greatest))), style=style)
    return table


def _value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        # Parquet writes a least value of zero as -0.0.
        return f"{value + 0.0:.4g}"
    return _cut(str(value), 12)


def _cut(text: str, chars: int) -> str:
    return visible(text if len(text) <= chars else text[: chars - 1] + "…")


def shard_json(shard: Shard) -> dict[str, Any]:
    """Return a shard for `inert_json`; what is greatest or least may be without end, and is text then."""
    columns = [column._asdict() for column in shard.columns]
    for column in columns:
        for side in ("least", "greatest"):
            value = column[side]
            column[side] = str(value) if isinstance(value, float) and not isfinite(value) else value
    groups = [dict(zip(("rows", "size", "raw_size"), group, strict=True)) for group in shard.groups]
    kind = shard.kind._asdict() if shard.kind else {"kind": None, "name": ""}
    return {**shard._asdict(), **kind, "rows": shard.rows, "groups": groups, "columns": columns}


def tokens_text(text: str, spans: Sequence[Span], chars: int, console: Console) -> Text:
    """Return a document's beginning with its tokens in two colours by turns; where tokens share a character, a third.

    A console without colours gets a mark between the tokens instead, doubled where more than one token ends. Ends of
    lines are shown as ↵.
    """
    data = text.encode()
    shown, colours, used = Text(), console.color_system is not None, 0
    for number, unit in enumerate(units_of(spans, data)):
        if used >= chars:
            shown.append(f" (+{len(text) - used:,} characters)", "dim")
            break
        piece = data[unit.start : unit.end].decode()
        used += len(piece)
        # One token may be very long: what some tokenizers make of a run of spaces.
        piece = "".join(visible_lines(piece[:chars])).replace("\n", "↵\n")
        style = _SPLIT if unit.tokens > 1 else _STYLES[number % 2]
        shown.append(piece, style if colours else "")
        if not colours:
            shown.append(_MARK * min(unit.tokens, 8))
    return shown
