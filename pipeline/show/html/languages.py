"""Languages: tokens on a log scale beside what the budget wants, every number in a table, reasons as a heat map."""

import math
from collections.abc import Callable, Mapping

from babelmill.pipeline.corpus.corpus import Output
from babelmill.pipeline.corpus.summary import Part, Summary
from babelmill.pipeline.formatting.quantities import amount, count, fraction, quantity, share
from babelmill.pipeline.show.html.markup import Html, breakable, el, number
from babelmill.transforms.ledger import KEPT, Tally

__all__ = ["heat_map", "language_table", "source_table", "token_chart"]

_STEPS = (0.002, 0.01, 0.03, 0.08, 0.2)
"""Shares of a language's documents at which the heat map's shade deepens."""


def token_chart(summary: Summary) -> Html:
    """Return a row a language: a dot for its tokens, a mark for the budget's, on one logarithmic axis."""
    values = [value for part in summary.languages for value in (part.tokens, part.wanted) if value >= 1]
    if not values:
        return el("p", "No tokens, and none wanted.", class_="soft")
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    decades = range(low, max(high, low + 1) + 1)

    def x(value: float) -> str:
        return f"{number(1 + 98 * (math.log10(value) - low) / (decades[-1] - low))}%"

    grid = [el("line", x1=x(10**d), x2=x(10**d), y1="0", y2="100%", class_="grid") for d in decades]
    ends = {decades[0]: "start", decades[-1]: "end"}
    every = 1 + (len(decades) - 1) // 6
    ticks = [
        el("text", quantity(10.0**d), x=x(10**d), y="11", text_anchor=ends.get(d, "middle"))
        for d in decades[::-1][::every]
    ]
    axis = el("li", el("span"), el("svg", *ticks, aria_hidden="true"), el("span"), class_="axis")
    rows = [_token_row(part, grid, x) for part in summary.languages]
    key = el(
        "p", el("span", "●", class_="dot"), " tokens written ", el("span", "❘", class_="goal"),
        " the budget's tokens; logarithmic scale", class_="soft key",
    )  # fmt: skip
    return el("div", key, el("ul", axis, *rows, axis, class_="dots"))


def _token_row(part: Part, grid: list[Html], x: Callable[[float], str]) -> Html:
    marks = list(grid)
    if part.wanted >= 1:
        marks.append(el("line", x1=x(part.wanted), x2=x(part.wanted), y1="3", y2="17", class_="goal"))
    if part.tokens:
        if part.wanted >= 1:
            marks.append(el("line", x1=x(part.tokens), x2=x(part.wanted), y1="10", y2="10", class_="way"))
        marks.append(el("circle", cx=x(part.tokens), cy="10", r="4.5"))
    said = f"{part.tokens:,} tokens of {amount(part.wanted)} wanted"
    drawing = el("svg", *marks, el("title", said), role="img", aria_label=said)
    return el("li", _name(part), drawing, el("span", quantity(part.tokens), class_="n"))


def _name(part: Part) -> Html:
    return el("span", el("b", part.key), f" {part.name}")


def _table(caption: str, columns: tuple[str, ...], rows: list[Html], class_: str = "") -> Html:
    head = el("tr", *(el("th", column, scope="col") for column in columns))
    table = el("table", el("caption", caption), el("thead", head), el("tbody", *rows), class_=class_ or None)
    return el("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _cells(part: Part) -> list[Html]:
    cells = [
        count(part.found), count(part.screened), count(part.duplicates), count(part.documents),
        share(part.documents, part.found), quantity(part.bytes, "B"), quantity(part.tokens),
        f"{part.tokens_per_byte:.3f}" if part.bytes else "–",
    ]  # fmt: skip
    return [el("td", cell) for cell in cells]


_COLUMNS = ("found", "passed quality", "duplicates", "documents", "kept", "text", "tokens", "tokens/byte")


def language_table(summary: Summary, urls: Mapping[str, tuple[int, int]]) -> Html:
    """Return every language's numbers; `urls`: language → documents with a URL, and different URLs."""
    rows = [
        el(
            "tr", el("th", _name(part), scope="row"), *_cells(part),
            el("td", fraction(part.tokens, part.wanted) if part.tokens else "–"),
            el("td", _different(*urls.get(part.key, (0, 0)))), data_lang=part.key,
        )
        for part in summary.languages
    ]  # fmt: skip
    return _table("Every language in numbers", ("language", *_COLUMNS, "of its budget", "different URLs"), rows)


def unknown_table(summary: Summary) -> Html:
    """Return what the tokenizer could not write, by language; nothing if it wrote all."""
    if not summary.lost:
        return Html("")
    rows = [
        el(
            "tr", el("th", lang, scope="row"), el("td", f"{found.unknown:,}"), el("td", f"{found.characters:,}"),
            el("td", f"{found.no_token:,}"),
            el("td", share(found.unknown + found.characters, found.tokens + found.characters)), data_lang=lang,
        )
        for lang, found in summary.lost.items()
    ]  # fmt: skip
    columns = ("language", "unknown tokens", "characters without a token", "documents without a token", "share")
    return _table("What the tokenizer could not write", columns, rows)


def _different(docs: int, distinct: int) -> str:
    """Say how many URLs differ; the estimate may exceed what there is."""
    return f"~{share(min(docs, distinct), docs, 0).lstrip('<>')}" if docs else "–"


def source_table(summary: Summary) -> Html:
    """Return every source's numbers."""
    rows = []
    for part in summary.sources:
        files = [row for row in summary.inputs if row.source == part.key]
        lost = sum(row.lost_bytes for row in files)
        sizes = (quantity(sum(row.bytes for row in files), "B"), quantity(lost, "B") if lost else "–")
        first = [el("td", f"{len(files):,}"), *(el("td", size) for size in sizes)]
        rows.append(el("tr", el("th", part.key, scope="row"), *first, *_cells(part)))
    return _table(
        "Every source in numbers; found: its records", ("source", "files", "size", "not read", *_COLUMNS), rows
    )


def heat_map(output: Output, summary: Summary) -> Html:
    """Return reasons × languages: the share of a language's documents that each reason took."""
    ledger = Tally.from_table(output.table, "stage", "lang", "outcome")
    dropped = {(key.lang, key.outcome): counts.docs for key, counts in ledger if key.outcome != KEPT}
    langs = sorted((part for part in summary.languages if part.found), key=lambda part: (-part.found, part.key))
    own = {part.key for part in langs}
    reasons = [reason for reason in summary.reasons if any((lang, reason.reason) in dropped for lang in own)]
    if not reasons:
        return el("p", "No document of these languages was dropped.", class_="soft")
    rows = []
    for reason in reasons:
        cells = [_heat(dropped.get((part.key, reason.reason), 0), part) for part in langs]
        stage, slash, name = reason.reason.rpartition("/")
        heading = el("th", el("span", stage + slash, class_="stage"), breakable(name), scope="row")
        rows.append(el("tr", heading, *cells, data_reason=reason.reason))
    return _table(
        "Per cent of a language's documents that each reason took",
        ("reason", *(part.key for part in langs)), rows, "heat",
    )  # fmt: skip


def _heat(documents: int, part: Part) -> Html:
    if not documents:
        return el("td")
    ratio = documents / part.found
    step = sum(ratio >= limit for limit in _STEPS)
    text = share(documents, part.found, 0).removesuffix("%")
    return el("td", text, class_=f"h{step}", title=f"{documents:,} of {part.found:,} in {part.key}")
