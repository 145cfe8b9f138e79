"""A budget on the terminal, and as JSON."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from babelmill.pipeline.budget.accounts import estimated_by
from babelmill.pipeline.budget.budget import Budget, Line
from babelmill.pipeline.budget.mix import Stratum
from babelmill.pipeline.budget.repetition import DECAY
from babelmill.pipeline.config.budget import BudgetSection
from babelmill.pipeline.corpus.generated import GENERATOR
from babelmill.pipeline.formatting.quantities import quantity
from babelmill.pipeline.show.terminal.grid import grid
from babelmill.transforms.languages import name_of
from babelmill.transforms.write.manifest_file import Manifest
from babelmill.transforms.write.strata import LENGTH_BOUNDS

__all__ = ["COLUMNS", "as_json", "bound_name", "cells", "dropped", "language_name", "shown", "total_cells", "verdict"]

COLUMNS = ("have", "wanted", "cap", "planned", "epochs", "effective", "short", "raw needed")
_FORMAT = 1
_SHOWN_REASONS = 8


def bound_name(bound: int) -> str:
    """Name a bucket of lengths by its lower bound: `<1K`, `1K`, … `1M+`."""
    if not bound:
        return f"<{LENGTH_BOUNDS[1] >> 10}K"
    return f"{bound >> 20}M+" if bound == LENGTH_BOUNDS[-1] else f"{bound >> 10}K"


def language_name(code: str) -> str:
    """Return a language's code, and its name where it is one of the recipe's."""
    return f"{code} {name_of(code)}".rstrip()


def _epochs(number: float | None) -> str:
    if number is None:
        return "–"
    return f"{number:.3g}" if number < 1000 else quantity(number)


def cells(line: Line) -> list[str]:
    """Return a line's numbers as they are shown, in the order of COLUMNS."""
    return [
        quantity(line.have),
        quantity(line.wanted),
        "–" if line.cap is None else f"{line.cap:g}",
        quantity(line.planned),
        _epochs(line.epochs),
        quantity(line.effective),
        quantity(line.shortfall),
        "unknown" if line.raw_bytes_needed is None else quantity(line.raw_bytes_needed, "B"),
    ]


def total_cells(lines: Sequence[Line]) -> list[str]:
    """Return the sums of a table, in the order of COLUMNS; `≥` where some of what is needed is unknown."""
    have, planned = sum(line.have for line in lines), sum(line.planned for line in lines)
    needed = [line.raw_bytes_needed for line in lines]
    more = quantity(sum(size for size in needed if size is not None), "B")
    return [
        quantity(have),
        quantity(sum(line.wanted for line in lines)),
        "",
        quantity(planned),
        _epochs(planned / have if have else None),
        quantity(sum(line.effective for line in lines)),
        quantity(sum(line.shortfall for line in lines)),
        f"≥ {more}" if None in needed else more,
    ]


def _table(title: str, lines: Sequence[Line], names: Iterable[str]) -> Table:
    table = grid(title, ("", *COLUMNS), gap=1)
    for name, line in zip(names, lines, strict=True):
        table.add_row(Text(name), *cells(line))
    table.add_row("total", *total_cells(lines), style="bold")
    return table


def _lengths(budget: Budget) -> Table:
    title = "Tokens by length of document, from that many tokens on"
    table = grid(title, ("", *map(bound_name, LENGTH_BOUNDS)), gap=1)
    found = {(bucket.lang, bucket.at_least): bucket for bucket in budget.lengths()}
    for line in budget.languages:
        mine = (found.get((line.name, bound)) for bound in LENGTH_BOUNDS)
        table.add_row(line.name, *(quantity(bucket.have) if bucket else "" for bucket in mine))
    return table


def dropped(budget: Budget) -> list[tuple[str, int, int, int | None]]:
    """Return, for each reason, documents, bytes, and estimated tokens that were dropped; the most bytes first."""
    tokens = estimated_by(budget.accounts, "outcome")
    sums: dict[str, tuple[int, int]] = {}
    for account in budget.accounts:
        if account.outcome != "kept":
            docs, size = sums.get(account.outcome, (0, 0))
            sums[account.outcome] = docs + account.docs, size + account.bytes
    rows = [(reason, docs, size, tokens.get(reason)) for reason, (docs, size) in sums.items()]
    return sorted(rows, key=lambda row: (-row[2], row[0]))


def verdict(budget: Budget) -> list[str]:
    """Return what a budget comes down to, a sentence each."""
    have, planned = (sum(getattr(line, name) for line in budget.languages) for name in ("have", "planned"))
    missing = budget.total_tokens - planned
    lines = [
        f"{have:,} unique tokens; {planned:,} of {budget.total_tokens:,} can be planned within the caps, "
        f"worth {sum(line.effective for line in budget.languages):,} new ones; {missing:,} are missing."
    ]
    if short := sum(line.shortfall for line in budget.languages):
        lines.append(f"By language {short:,} fall short, of which other languages make up {short - missing:,}.")
        needed = total_cells(budget.languages)[-1]
        lines.append(f"To have what is wanted of each language: {needed} more raw text, if as much of it is kept.")
    if unknown := [line.name for line in budget.languages if line.raw_bytes_needed is None]:
        lines.append(f"Nothing to go by for {', '.join(unknown)}: this run kept nothing of it.")
    return lines


def as_json(budget: Budget, section: BudgetSection, manifest: Manifest) -> bytes:
    """Return all of a budget as JSON, with the SHA-256 of the manifest that it was made from.

    `languages` and `sources` are `Line`s, `lengths` and `clusters` `Bucket`s, `strata` the mix itself, `accounts` the
    ledger with tokens, those of dropped documents `estimated`.
    """
    return orjson.dumps(
        {
            "generator": GENERATOR,
            "format": _FORMAT,
            "run": manifest.name,
            "manifest_sha256": manifest.sha256,
            "scale": budget.scale,
            "budget": section.model_dump(mode="json"),
            "repetition": {"law": "arXiv 2305.16264, equation 5", "decay": DECAY},
            "totals": _totals(budget),
            "languages": [line._asdict() for line in budget.languages],
            "sources": [line._asdict() for line in budget.sources],
            "lengths": [bucket._asdict() for bucket in budget.lengths()],
            "clusters": [bucket._asdict() for bucket in budget.clusters()],
            "strata": [_stratum(one) for one in budget.strata],
            "accounts": [account._asdict() for account in budget.accounts],
        },
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
    )


def _totals(budget: Budget) -> dict[str, int]:
    names = ("have", "wanted", "planned", "effective")
    sums = {name: sum(getattr(line, name) for line in budget.languages) for name in names}
    return {**sums, "missing": budget.total_tokens - sums["planned"]}


def _stratum(one: Stratum) -> dict[str, Any]:
    names = ("lang", "source", "tokens_from", "cluster_from", "docs", "have", "planned")
    return {**{name: getattr(one, name) for name in names}, "epochs": one.planned / one.have if one.have else None}


def shown(budget: Budget) -> RenderableType:
    """Return the tables of a budget: languages, sources, lengths, what was dropped; then a verdict."""
    lost = grid("Dropped, in this run; tokens are estimates", ("reason", "documents", "text", "≈tokens"))
    for reason, docs, size, tokens in dropped(budget)[:_SHOWN_REASONS]:
        lost.add_row(reason, f"{docs:,}", quantity(size, "B"), "–" if tokens is None else quantity(tokens))
    scaled = f", this run times {budget.scale:g}" if budget.scale != 1 else ""
    languages = _table(
        f"Tokens by language{scaled}", budget.languages, (language_name(line.name) for line in budget.languages)
    )
    sources = _table("Tokens by source", budget.sources, (line.name for line in budget.sources))
    parts: list[RenderableType] = [languages, Text(), sources, Text(), _lengths(budget), Text(), lost, Text()]
    return Group(*parts, *map(Text, verdict(budget)))
