"""A tokenizer that was built or audited: on the terminal, and as JSON."""

import math
from collections.abc import Iterable
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from babelmill.pipeline.corpus.generated import GENERATOR
from babelmill.pipeline.formatting.quantities import quantity
from babelmill.pipeline.tokenizer.build import Built, Measured, Recipe
from babelmill.transforms.languages import name_of
from babelmill.transforms.tokens.train.audit import Audit, Growth, Rate
from babelmill.transforms.tokens.train.grow import GROUPS

__all__ = ["account", "audit_account", "audited", "built"]

_LINEAR = math.log2(2.5)
"""Exponent of a time that is 2.5 times as long for a word twice as long: n log n and full caches stay below."""
_SHOWN = 5


def _table(title: str, columns: Iterable[str]) -> Table:
    table = Table(
        title=title, title_justify="left", header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    return table


def _gain(measured: Measured) -> float:
    """Return by which part bytes a token grew."""
    return measured.before.tokens / measured.after.tokens - 1 if measured.after.tokens else math.nan


def built(found: Built) -> RenderableType:
    """Return a table by language, and what the audit found."""
    languages = _table(
        "Held-out text, before and after",
        ("language", "learned on", "held out", "B/token", "", "chars/token", "", "gain"),
    )
    for lang, one in found.languages.items():
        languages.add_row(
            f"{lang} {name_of(lang)}".rstrip(),
            quantity(one.learned_bytes, "B"),
            quantity(one.after.bytes, "B"),
            *(f"{value:.3f}" for value in (one.before.bytes_per_token, one.after.bytes_per_token)),
            *(f"{value:.3f}" for value in (one.before.chars_per_token, one.after.chars_per_token)),
            f"{_gain(one):+.1%}",
        )
    lines = []
    for group, name in enumerate(GROUPS):
        mine = [one.times for one in found.learned if one.group == group]
        lines.append(
            f"{len(mine):,} new tokens of {name}" + (f", the last pair was seen {mine[-1]} times" if mine else "")
        )
    before = found.before
    lines.append(
        f"of the base: {before.tokens:,} tokens, {len(before.dead):,} dead, {len(before.broken):,} code points broken"
    )
    return Group(languages, Text(), *map(Text, lines), Text(), audited(found.after, found.hostile))


def audited(found: Audit, hostile: list[Growth]) -> RenderableType:
    """Return an audit in lines, and a table of the times."""
    lines = [
        f"{found.tokens:,} tokens, {found.gaps:,} gaps between their ids",
        _count("unreachable tokens", [repr(token) for token in found.dead]),
        _count("code points of Unicode that do not come back", [f"U+{point:04X}" for point in found.broken]),
        _count("control tokens that come of text", list(found.leaks)),
    ]
    times = _table("One word without end, by `tokenizers`", ("of", "bytes", "CPU", "time grows as"))
    for one in hostile:
        verdict = f"n^{one.exponent:.2f}" + ("" if one.exponent < _LINEAR else ", more than linear")
        times.add_row(one.name, f"{one.size:,}", f"{one.seconds:.3g} s", verdict)
    return Group(*map(Text, lines), Text(), times)


def _count(what: str, found: list[str]) -> str:
    more = ", …" if len(found) > _SHOWN else ""
    return f"{len(found):,} {what}" + (f": {', '.join(found[:_SHOWN])}{more}" if found else "")


def audit_account(found: Audit, hostile: Iterable[Growth]) -> dict[str, Any]:
    """Return an audit as what JSON can write."""
    return found._asdict() | {"hostile": [one._asdict() for one in hostile]}


def account(found: Built, recipe: Recipe, base_sha256: str, sha256: str) -> dict[str, Any]:
    """Return what was built, and how, as what JSON can write."""
    return {
        "generator": GENERATOR,
        "sha256": sha256,
        "base_sha256": base_sha256,
        "recipe": recipe._asdict(),
        "learned": {
            name: {"tokens": len(mine), "rarest": min(mine, default=None)}
            for group, name in enumerate(GROUPS)
            for mine in [[one.times for one in found.learned if one.group == group]]
        },
        "languages": {
            lang: one._asdict() | {"before": _rate(one.before), "after": _rate(one.after), "gain": _gain(one)}
            for lang, one in found.languages.items()
        },
        "base": found.before._asdict(),
        "audit": audit_account(found.after, found.hostile),
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return rate._asdict() | {"bytes_per_token": rate.bytes_per_token, "chars_per_token": rate.chars_per_token}
