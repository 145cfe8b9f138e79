"""The river: documents flow down through the stages, and what a stage drops leaves to the side, with its reasons."""

from babelmill.pipeline.corpus.summary import Stage, Summary
from babelmill.pipeline.formatting.quantities import share
from babelmill.pipeline.show.html.markup import Html, breakable, el, number

__all__ = ["flow"]

_SHOWN_REASONS = 6
_HEADINGS = {
    "read": "Read",
    "language": "Language",
    "quality": "Quality",
    "dedup": "Deduplication",
}
_ABOUT = {
    "read": "records in the files; what cannot be read as a document is put in quarantine",
    "language": "identified; others than the wanted languages go",
    "quality": "measured, and judged by each language's own thresholds",
    "dedup": "equal and nearly equal documents; the best of them stays",
}
_CURVE_END = 62.0


def flow(summary: Summary) -> Html:
    """Return the stages as a list, each with its stretch of the river."""
    stages = [_stage(stage, summary.records) for stage in summary.stages if stage.stage in _HEADINGS]
    total = summary.totals.docs
    end = el(
        "li",
        _stretch(total, total, summary.records, last=True),
        el(
            "div",
            el("h3", "Written ", el("span", f"{total:,}", class_="n")),
            el(
                "p", f"{share(total, summary.records)} of all records, in {len(summary.shards):,} shards", class_="soft"
            ),
            class_="what",
        ),
    )
    return el("ol", *stages, end, class_="river")


def _stage(stage: Stage, records: int) -> Html:
    dropped = stage.documents - stage.kept
    parts: list[Html] = [
        el("h3", f"{_HEADINGS[stage.stage]} ", el("span", f"{stage.documents:,}", class_="n")),
        el("p", _ABOUT[stage.stage], class_="soft"),
    ]
    if dropped:
        parts.append(
            el(
                "p",
                el("b", f"−{dropped:,}", class_="lost"),
                f" {share(dropped, stage.documents)} of what came",
                class_="drop",
            )
        )
        most = stage.reasons[0].documents
        rows = [_reason(reason.reason, reason.documents, most) for reason in stage.reasons]
        parts.append(el("ul", *rows[:_SHOWN_REASONS], class_="bars"))
        if len(rows) > _SHOWN_REASONS:
            rest = sum(reason.documents for reason in stage.reasons[_SHOWN_REASONS:])
            label = f"{len(rows) - _SHOWN_REASONS} more reasons, {rest:,} documents"
            parts.append(el("details", el("summary", label), el("ul", *rows[_SHOWN_REASONS:], class_="bars")))
    else:
        parts.append(el("p", "nothing dropped", class_="drop soft"))
    return el("li", _stretch(stage.documents, stage.kept, records), el("div", *parts, class_="what"))


def _reason(reason: str, documents: int, most: int) -> Html:
    bar = el("svg", el("rect", width=f"{number(100 * documents / most)}%", height="100%"), aria_hidden="true")
    return el(
        "li", el("span", breakable(reason.partition("/")[2] or reason)), bar, el("span", f"{documents:,}", class_="n")
    )


def _stretch(came: int, kept: int, records: int, last: bool = False) -> Html:
    """Return a stretch of the river: as wide as the documents that came, as many leave to the right as are dropped."""
    whole = max(1, records)
    here, stay = 100 * came / whole, 100 * kept / whole
    # A little longer than the row, lest a seam shows between two stretches.
    shapes = [el("rect", width=stay, height=86.0 if last else 100.8, class_="kept")]
    if kept < came:
        thick = min(36.0, max(1.5, 1.6 * (here - stay)))
        path = (
            f"M{number(stay)} 0H{number(here)}C{number(here)} {number(_CURVE_END - thick)} {number(here)} "
            f"{number(_CURVE_END - thick)} 100 {number(_CURVE_END - thick)}V{number(_CURVE_END)}"
            f"C{number(stay)} {number(_CURVE_END)} {number(stay)} {number(_CURVE_END)} {number(stay)} 0Z"
        )
        shapes.append(el("path", d=path, class_="lost"))
    label = f"{came:,} documents came, {kept:,} stayed"
    return el(
        "svg", *([*shapes, el("title", label)]), viewBox="0 0 100 100", preserveAspectRatio="none", role="img",
        aria_label=label,
    )  # fmt: skip
