"""Histograms of one language, or of all: before and after filtering, with the thresholds drawn in."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from babelmill.pipeline.formatting.quantities import quantity, share
from babelmill.pipeline.show.html.axis import Axis, linear, octaves, quantile
from babelmill.pipeline.show.html.markup import Html, el, number
from babelmill.pipeline.show.html.tables import Findings
from babelmill.transforms.quality.signals import BOUNDABLE, Signal

__all__ = ["histograms"]

_GROUPS: dict[str, Sequence[str]] = {
    "Size and language": ("n_chars", "n_words", "lang_score", "cluster_size"),
    "Words": ("q_mean_word_chars", "q_letter_words_ratio", "q_stop_words", "q_symbol_ratio"),
    "Lines": ("q_mean_line_chars", "q_newline_ratio", "q_terminal_lines_ratio", "q_short_lines_ratio",
              "q_bullet_lines_ratio", "q_ellipsis_lines_ratio"),
    "Repetition": tuple(name for name in BOUNDABLE if "_dup_" in name or "_top_" in name),
}  # fmt: skip
"""The order in which signals are shown; those that are in no group come last."""
_OWN = {
    "cluster_size": Signal("documents in a kept document's cluster of duplicates", "", "", integer=True),
}
_WIDTH, _HEIGHT, _TOP, _LEFT = 240.0, 84.0, 14.0, 26.0
"""Of the drawing; the zeros' bar stands to the left of _LEFT."""


def histograms(findings: Findings, langs: Sequence[str]) -> Html:
    """Return a figure a signal, in groups; signals that are zero everywhere are only named."""
    one = langs[0] if len(langs) == 1 else None
    grouped = {name for names in _GROUPS.values() for name in names}
    left = [name for name in dict.fromkeys([*BOUNDABLE, *findings.signals]) if name not in grouped]
    parts, zeros = [], []
    for title, names in [*_GROUPS.items(), ("Characters and contents", left)]:
        figures = []
        for name in names:
            seen, kept = findings.seen_and_kept(name, langs)
            if not seen.any():
                continue
            bounds = [findings.bounds.get((name, lang), (None, None)) for lang in langs]
            if not seen[1:].any() and not any(limit for pair in bounds for limit in pair):
                zeros.append(name)
                continue
            figures.append(_figure(name, seen, kept, bounds, one))
        if figures:
            parts += [el("h4", title), el("div", *figures, class_="figures")]
    if zeros:
        parts.append(el("p", "Zero in every document: ", el("code", ", ".join(zeros)), class_="soft"))
    return el("div", *parts)


def _figure(
    name: str,
    seen: npt.NDArray[np.int64],
    kept: npt.NDArray[np.int64],
    bounds: list[tuple[float | None, float | None]],
    lang: str | None,
) -> Html:
    signal = _OWN.get(name) or BOUNDABLE.get(name) or Signal("the learned filter's score", "", "", most=1)
    limits = sorted({limit for pair in bounds for limit in pair if limit is not None})
    axis = linear(seen, limits) if signal.most == 1 else octaves(seen, limits, signal.integer)
    docs, passed = int(seen.sum()), int(kept.sum())
    middle, low, high = (_value(quantile(seen, share), signal) for share in (0.5, 0.05, 0.95))
    said = f"median {middle}, 90 % from {low} to {high}"
    if name == "cluster_size":
        label = f"{name} of {docs:,} documents: {said}"
    else:
        label = f"{name} of {docs:,} documents, {passed:,} of them kept: {said}"
    drawing = _drawing(axis, seen, kept, signal, bounds, lang, label)
    return el(
        "figure", el("figcaption", el("code", name), el("span", *_meaning(signal.meaning), class_="soft")), drawing,
        el("p", said, class_="soft"), data_signal=name, data_seen=docs, data_kept=passed,
    )  # fmt: skip


def _meaning(text: str) -> list[object]:
    """Return a meaning, what stands between backticks as code."""
    return [el("code", part) if number % 2 else part for number, part in enumerate(text.split("`"))]


def _value(value: float, signal: Signal) -> str:
    if signal.integer:
        return quantity(round(value)) if value >= 10_000 else f"{value:,.0f}"
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}"


def _drawing(
    axis: Axis,
    seen: npt.NDArray[np.int64],
    kept: npt.NDArray[np.int64],
    signal: Signal,
    bounds: list[tuple[float | None, float | None]],
    lang: str | None,
    label: str,
) -> Html:
    before, after = axis.bars(seen), axis.bars(kept)
    most = max(1, int(before.max()))
    width = (_WIDTH - _LEFT) / len(before)
    shapes = [
        el("path", d=_steps(before, most, width), class_="seen"),
        el("path", d=_steps(after, most, width), class_="kept"),
        el("line", x1=_LEFT, x2=_WIDTH, y1=_HEIGHT, y2=_HEIGHT, class_="base"),
    ]
    if seen[0]:
        shapes += _zeros(int(seen[0]), int(kept[0]), int(seen.sum()), most)
    for tick in axis.ticks:
        x = _LEFT + axis.at(tick) * width
        if seen[0] and x < _LEFT + 12:
            continue  # There is no room beside the zeros' own.
        anchor = "end" if x > _WIDTH - 12 else "start" if x < _LEFT + 6 and not seen[0] else "middle"
        shapes.append(el("text", _tick(tick), x=x, y=_HEIGHT + 12, text_anchor=anchor))
    for low, high in bounds:
        for limit, side in ((low, "least"), (high, "most")):
            if limit is not None:
                shapes.append(_threshold(limit, side, axis, width, signal, lang is not None))
    return el("svg", el("title", label), *shapes, viewBox=f"0 0 {number(_WIDTH)} {number(_HEIGHT + 16)}", role="img")


def _tick(value: float) -> str:
    return quantity(value) if value >= 1000 else f"{value:.3g}"


def _steps(counts: npt.NDArray[np.int64], most: int, width: float) -> str:
    """Return the outline of bars as a path."""
    path, level = [f"M{number(_LEFT)} {number(_HEIGHT)}"], 0
    for bar, docs in enumerate(counts.tolist()):
        if docs != level:
            path.append(f"H{number(_LEFT + bar * width)}V{number(_HEIGHT - (_HEIGHT - _TOP) * docs / most)}")
            level = docs
    path.append(f"H{number(_LEFT + len(counts) * width)}V{number(_HEIGHT)}Z")
    return "".join(path)


def _zeros(seen: int, kept: int, docs: int, most: int) -> list[Html]:
    """Return the bar of the zeros, with their share; it may be taller than the drawing."""
    shapes = []
    for count, kind in ((seen, "seen"), (kept, "kept")):
        height = min(1.0, count / most) * (_HEIGHT - _TOP)
        shapes.append(el("rect", x="1", y=_HEIGHT - height, width="16", height=height, class_=kind))
    height = min(1.0, seen / most) * (_HEIGHT - _TOP)
    shapes.append(el("text", share(seen, docs, 0), x="0", y=_HEIGHT - height - 3))
    shapes.append(el("text", "0", x="9", y=_HEIGHT + 12, text_anchor="middle"))
    return shapes


def _threshold(limit: float, side: str, axis: Axis, width: float, signal: Signal, labelled: bool) -> Html:
    """Return a threshold's line; a document at it is kept."""
    # The greatest whole number that is allowed stands left of the line.
    x = _LEFT + axis.at(limit + 1 if signal.integer and side == "most" else limit) * width
    line = el("line", x1=x, x2=x, y1=_TOP - 2 if labelled else _HEIGHT - 10, y2=_HEIGHT, class_="limit")
    if not labelled:
        return line
    sign = "≥" if side == "least" else "≤"
    # On the side where there is room.
    left = x > _WIDTH / 2
    text = el("text", f"{sign} {_tick(limit)}", x=x, y=_TOP - 4, text_anchor="end" if left else "start", class_="limit")
    return el("g", line, text)
