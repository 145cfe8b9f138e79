"""The whole page: its sections in order, one style sheet, and a policy that lets nothing else in."""

import base64
import hashlib
from importlib.resources import files

from babelmill.pipeline.corpus.corpus import Output
from babelmill.pipeline.corpus.generated import HTML_MARK, refuse_foreign
from babelmill.pipeline.corpus.summary import Summary, summarize
from babelmill.pipeline.corpus.unread import unread_lines
from babelmill.pipeline.formatting.quantities import fraction, quantity, share
from babelmill.pipeline.show.html.documents import clusters, samples
from babelmill.pipeline.show.html.facts import configuration, digests, shards
from babelmill.pipeline.show.html.flow import flow
from babelmill.pipeline.show.html.histogram import histograms
from babelmill.pipeline.show.html.languages import heat_map, language_table, source_table, token_chart, unknown_table
from babelmill.pipeline.show.html.markup import Html, el, join
from babelmill.pipeline.show.html.tables import Findings, read_findings
from babelmill.transforms.files.storage import join as join_path
from babelmill.transforms.files.storage import write_bytes
from babelmill.transforms.ledger import KEPT, STAGES, Tally
from babelmill.transforms.write.manifest_file import REPORT

__all__ = ["render", "write_page"]

_SHOWN_LANGUAGES = 30
"""Languages with histograms and samples of their own: more would make the page too large."""


def write_page(output: Output, path: str | None = None) -> tuple[str, int]:
    """Write the page of a run; return where, and its size in bytes.

    Args:
        output: of `open_sound`.
        path: where to; `report.html` in the run's folder without.

    Raises:
        ConfigError: if the run has no statistics, or damaged ones; or if another's file is there.
    """
    target = path or join_path(output.folder, REPORT)
    refuse_foreign("--to", target)
    content = render(output).encode()
    write_bytes(target, content)
    return target, len(content)


def render(output: Output) -> str:
    """Return the page of a run; equal runs give equal pages."""
    summary, findings = summarize(output), read_findings(output)
    sections = {
        "Flow": ("Where the documents went", flow(summary)),
        "Languages": (
            "Languages",
            join([token_chart(summary), language_table(summary, findings.urls), unknown_table(summary)]),
        ),
        "Reasons": ("Reasons by language", heat_map(output, summary)),
        "Signals": ("Signals and samples", _look(output, summary, findings)),
        "Duplicates": ("The largest clusters of duplicates", clusters(findings.samples)),
        "Sources": (
            "Sources",
            join([*(el("p", line) for line in unread_lines(summary.inputs)), source_table(summary)]),
        ),
        "Shards": ("Shards", shards(summary)),
        "Made from": ("What it was made from", join([digests(output.manifest), configuration(output.manifest)])),
    }
    ids = {name: f"s{number}" for number, name in enumerate(sections)}
    body = [
        el("a", "Skip to the report", href="#main", class_="skip"),
        _header(summary),
        el("nav", el("div", *(el("a", name, href=f"#{ids[name]}") for name in sections)), aria_label="Sections"),
        el(
            "main",
            *(el("section", el("h2", title), content, id=ids[name]) for name, (title, content) in sections.items()),
            id="main",
        ),
        el(
            "footer",
            el("p", f"Babelmill {output.manifest.version}. This page needs no network and runs no script."),
        ),
    ]
    style = _style(len(_panes(summary)))
    return f'<!doctype html>\n<html lang="en">{_head(summary.name, style)}{el("body", *body)}</html>\n'


def _style(panes: int) -> str:
    """Return the style sheet, with a rule for each language that can be chosen."""
    sheet = files("babelmill.pipeline.show.html").joinpath("page.css").read_text("utf-8")
    rules = ",".join(f"#l{n}:checked~.panes>#p{n}" for n in range(panes))
    return f"{sheet}{rules}{{display:block}}\n"


def _head(name: str, style: str) -> Html:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    return el(
        "head",
        el("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        Html(HTML_MARK),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("link", rel="icon", href="data:,"),
        el("title", f"{name} – Babelmill report"),
        Html(f"<style>{style}</style>"),
    )


def _header(summary: Summary) -> Html:
    total, wanted, records = summary.totals, summary.budget.total_tokens, summary.records
    languages = sum(part.documents > 0 for part in summary.languages)
    figures = {
        "documents": (f"{total.docs:,}", f"{share(total.docs, records)} of {records:,} records"),
        "tokens": (quantity(total.tokens), f"{fraction(total.tokens, wanted)} of {quantity(wanted)} wanted"),
        "text": (quantity(total.bytes, "B"), f"{total.tokens / total.bytes:.3f} tokens a byte" if total.bytes else "–"),
        "languages": (f"{languages}", f"of {len(summary.wanted)} wanted"),
        "shards": (f"{len(summary.shards):,}", quantity(sum(shard.file_bytes for shard in summary.shards), "B")),
    }
    cells = [
        el("div", el("dt", name), el("dd", el("b", big), el("span", small))) for name, (big, small) in figures.items()
    ]
    return el(
        "header", el("p", "Babelmill report", class_="soft"), el("h1", summary.name), el("dl", *cells, class_="big")
    )


def _panes(summary: Summary) -> list[tuple[str, tuple[str, ...]]]:
    """Return label and languages of each choice: all together, then one by one, the largest first."""
    found = sorted((part for part in summary.languages if part.found), key=lambda part: (-part.found, part.key))
    every = tuple(part.key for part in summary.languages)
    return [("all", every), *((part.key, (part.key,)) for part in found[:_SHOWN_LANGUAGES])]


def _look(output: Output, summary: Summary, findings: Findings) -> Html:
    """Return the choice of a language, and for each its histograms and samples."""
    whole = Tally.from_table(output.table, "stage", "lang", "outcome")
    ledger = Tally(row for row in whole.rows() if row[0][0] in STAGES)
    choice, panes = [], []
    for number, (label, langs) in enumerate(_panes(summary)):
        choice += [
            el("input", type="radio", name="lang", id=f"l{number}", checked=number == 0),
            el("label", label, for_=f"l{number}"),
        ]
        shown = (*langs, *(_others(ledger, langs) if number == 0 else ()))
        counts = _outcomes(ledger, set(shown))
        panes.append(
            el(
                "div",
                el("h3", "Before and after filtering"),
                histograms(findings, langs),
                el("h3", "Samples"),
                samples(findings.samples, shown, counts),
                class_="pane", id=f"p{number}",
            )
        )  # fmt: skip
    key = el(
        "p", el("span", "■", class_="seen"), " all documents ", el("span", "■", class_="kept"), " kept by the screen ",
        el("span", "❘", class_="limit"), " threshold; a bar at the left: exactly 0", class_="soft key",
    )  # fmt: skip
    return el(
        "fieldset",
        el("legend", "Show the documents of"),
        *choice,
        el("div", key, *panes, class_="panes"),
        class_="look",
    )


def _others(ledger: Tally, langs: tuple[str, ...]) -> list[str]:
    """Return the languages of the ledger that are not wanted, and that of unreadable records."""
    return sorted({key.lang for key, _ in ledger} - set(langs))


def _outcomes(ledger: Tally, langs: set[str]) -> dict[str, int]:
    """Return outcome → documents of some languages; kept are those that were written."""
    found: dict[str, int] = {}
    for key, counts in ledger:
        if key.lang in langs and (key.outcome != KEPT or key.stage == "write"):
            found[key.outcome] = found.get(key.outcome, 0) + counts.docs
    return found
