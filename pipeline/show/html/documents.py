"""What the documents read like: samples of what was kept and of what each reason took, and the largest clusters."""

import hashlib
from collections.abc import Mapping, Sequence

from babelmill.pipeline.formatting.quantities import count
from babelmill.pipeline.show.html.markup import Html, breakable, document_text, el
from babelmill.pipeline.show.html.tables import Shown
from babelmill.transforms.ledger import KEPT
from babelmill.transforms.statistics.samples import CLUSTER, EACH

__all__ = ["clusters", "samples"]

_ID_CHARS = 120
_LINES = 12


def _document(shown: Shown, with_lang: bool) -> Html:
    about = [el("code", document_text(shown.id, chars=_ID_CHARS)), f" · {shown.source}"]
    if with_lang and shown.lang:
        about.insert(0, el("b", f"{shown.lang} "))
    if shown.n_chars:
        about.append(f" · {shown.n_chars:,} characters")
    # With its lines, which are what some reasons judge.
    text = document_text(shown.excerpt, shown.lang, more=shown.n_chars > len(shown.excerpt), most_lines=_LINES)
    return el("li", el("p", *about, class_="soft"), el("p", text, class_="text"))


def samples(rows: Sequence[Shown], langs: Sequence[str], counts: Mapping[str, int]) -> Html:
    """Return the samples of some languages, by reason, what was kept first.

    Args:
        rows: all samples.
        langs: to show; with several, each reason has a few documents of all of them together.
        counts: outcome to documents of these languages, which orders the reasons; what is not in it is not shown.
    """
    wanted = set(langs)
    by_reason: dict[str, list[Shown]] = {}
    for row in rows:
        if row.lang in wanted and row.reason != CLUSTER and row.reason in counts:
            by_reason.setdefault(row.reason, []).append(row)
    order = sorted(by_reason, key=lambda reason: (reason != KEPT, -counts[reason], reason))
    parts = []
    for reason in order:
        every = by_reason[reason]
        chosen = every if len(langs) == 1 else _spread(every)
        heading = el("h4", breakable(reason), el("span", f" {count(counts[reason])}", class_="n"))
        parts.append(
            el("section", heading, el("ul", *(_document(row, len(langs) > 1) for row in chosen), class_="docs"))
        )
    return el("div", *parts, class_="samples") if parts else el("p", "No document.", class_="soft")


def _spread(rows: Sequence[Shown]) -> list[Shown]:
    """Return a few rows by chance, the same ones always, of different languages where there are several."""
    shuffled = sorted(rows, key=lambda row: hashlib.sha256(f"{row.lang}\0{row.id}".encode()).digest())
    firsts = {row.lang: row for row in reversed(shuffled)}
    chosen = [row for row in shuffled if firsts[row.lang] is row]
    return [*chosen, *(row for row in shuffled if firsts[row.lang] is not row)][:EACH]


def clusters(rows: Sequence[Shown]) -> Html:
    """Return the survivors of the largest clusters of duplicates."""
    found = [row for row in rows if row.reason == CLUSTER]
    if not found:
        return el("p", "No document has a duplicate.", class_="soft")
    items = [
        el("li", el("div", el("b", f"{row.cluster_size:,}"), el("span", " documents"), class_="size"),
           el("ul", _document(row, True), class_="docs"))
        for row in found
    ]  # fmt: skip
    return el("ol", *items, class_="clusters")
