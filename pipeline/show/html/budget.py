"""A budget as a page: one file without scripts or anything from elsewhere, for screen (light and dark) and paper."""

from collections.abc import Iterable, Sequence
from html import escape

from babelmill.pipeline.budget.budget import Budget, Line
from babelmill.pipeline.corpus.generated import HTML_MARK
from babelmill.pipeline.formatting.quantities import fraction, quantity
from babelmill.pipeline.show.terminal.budget import (
    COLUMNS,
    bound_name,
    cells,
    dropped,
    language_name,
    total_cells,
    verdict,
)
from babelmill.transforms.write.strata import LENGTH_BOUNDS

__all__ = ["page"]

_STYLE = """
:root { color-scheme: light dark; --line: #8886; --have: #2a78c4; --planned: #8ab8e0; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2.2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .2rem .5rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
tr.total td { font-weight: 600; }
.bar { width: 9rem; height: .7rem; background: var(--line); display: flex; }
.bar i { background: var(--have); } .bar b { background: var(--planned); }
.note { color: #777; max-width: 46rem; }
@media print { body { margin: 0; max-width: none; font-size: 9pt; } .wide { overflow: visible; }
  .bar, .bar i, .bar b { print-color-adjust: exact; -webkit-print-color-adjust: exact; } tr { break-inside: avoid; } }
"""


def _table(columns: Iterable[str], rows: Iterable[Sequence[str]], total: Sequence[str] = ()) -> str:
    """Return a table; the cells are HTML already."""
    head = "".join(f"<th scope=col>{column}</th>" for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in rows)
    foot = "<tr class=total>" + "".join(f"<td>{cell}</td>" for cell in total) + "</tr>" if total else ""
    return f"<div class=wide><table><thead><tr>{head}</tr></thead>\n<tbody>{body}{foot}</tbody></table></div>"


def _bar(line: Line) -> str:
    """Draw how much of what is wanted is there, and how much repetition adds."""
    if not line.wanted:
        return ""
    there = min(100.0, 100 * line.have / line.wanted)
    more = max(0.0, min(100.0, 100 * line.planned / line.wanted) - there)
    added = max(0, min(line.planned, line.wanted) - line.have)
    label = (
        f"{fraction(min(line.have, line.wanted), line.wanted)} of the wanted tokens are there, "
        f"repetition adds {fraction(added, line.wanted)}"
    )
    return (
        f'<div class=bar role=img aria-label="{label}" title="{label}">'
        f'<i style="width:{there:.2f}%"></i><b style="width:{more:.2f}%"></b></div>'
    )


def _lines(lines: Sequence[Line], names: Iterable[str]) -> str:
    rows = [[escape(name), *cells(line), _bar(line)] for name, line in zip(names, lines, strict=True)]
    return _table(("", *COLUMNS, "have + repeated"), rows, ["total", *total_cells(lines), ""])


def _lengths(budget: Budget) -> str:
    found = {(bucket.lang, bucket.at_least): bucket for bucket in budget.lengths()}
    rows = [
        [
            escape(language_name(line.name)),
            *(quantity(found[line.name, bound].have) if (line.name, bound) in found else "" for bound in LENGTH_BOUNDS),
        ]
        for line in budget.languages
    ]
    return _table(("", *(escape(bound_name(bound)) for bound in LENGTH_BOUNDS)), rows)


def _dropped(budget: Budget) -> str:
    rows = [
        [escape(reason), f"{docs:,}", quantity(size, "B"), "–" if tokens is None else quantity(tokens)]
        for reason, docs, size, tokens in dropped(budget)
    ]
    return _table(("reason", "documents", "text", "≈ tokens (estimate)"), rows)


def page(budget: Budget, name: str) -> str:
    """Return the page.

    Args:
        budget: what it shows.
        name: the run's.
    """
    scaled = f" Everything that the run has is taken {budget.scale:g} times." if budget.scale != 1 else ""
    return f"""<!doctype html>
<html lang=en>
<meta charset=utf-8>
{HTML_MARK}
<meta name=viewport content="width=device-width, initial-scale=1">
<title>Budget of {escape(name)}</title>
<style>{_STYLE}</style>
<h1>Budget of {escape(name)}</h1>
<p>{"<br>".join(map(escape, verdict(budget)))}{scaled}</p>
<h2>Languages</h2>
{_lines(budget.languages, (language_name(line.name) for line in budget.languages))}
<h2>Sources</h2>
{_lines(budget.sources, (line.name for line in budget.sources))}
<p class=note>Have: unique tokens. Wanted: by the shares; it adds up to the total. Cap: most epochs. Planned: wanted,
less what the caps forbid, plus what others cannot take. Effective: new tokens that the planned ones are worth
(arXiv 2305.16264). Raw needed: text before filtering, uncompressed, if as much of it is kept as in this run.</p>
<h2>Length of documents</h2>
{_lengths(budget)}
<p class=note>Unique tokens in documents that have so many tokens or more, up to the next column.</p>
<h2>Dropped, in this run</h2>
{_dropped(budget)}
<p class=note>Tokens of dropped documents were never counted: they are estimated from their bytes and the bytes per
token of what was kept, in their language where it kept anything.</p>
</html>
"""
