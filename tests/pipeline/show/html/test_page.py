"""The page: every number is the ledger's or a recount, equal runs give equal pages, and it holds nothing but itself."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from babelmill.pipeline.corpus.corpus import open_output, open_sound
from babelmill.pipeline.corpus.summary import summarize
from babelmill.pipeline.formatting.quantities import count, quantity, share
from babelmill.pipeline.show.html.report import render
from babelmill.pipeline.show.terminal.export import rows_of
from babelmill.transforms.languages import GLM4
from tests.pipeline.runs import manifest_of, run_sample, shards_of

VOID = {"br", "col", "input", "link", "meta", "wbr"}


class Node:
    def __init__(self, tag: str, attributes: dict[str, Any]) -> None:
        self.tag, self.attributes = tag, attributes
        self.children: list[Node | str] = []

    def text(self) -> str:
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)

    def find(self, tag: str, **attributes: str) -> list["Node"]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        found = [self] if self.tag == tag and wanted.items() <= self.attributes.items() else []
        return found + [
            node for child in self.children if isinstance(child, Node) for node in child.find(tag, **attributes)
        ]


class Tree(HTMLParser):
    """A page as a tree; a tag that is not closed, or closed twice, is an error."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open = [Node("", {})]
        self.feed(page)
        self.close()
        assert len(self.open) == 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, dict(attrs))
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def tree(page: str) -> Node:
    return Tree(page).open[0]


@pytest.fixture(scope="module")
def page(finished: Path) -> Node:
    return tree((finished / "report.html").read_text())


def test_the_river_is_the_ledger(finished: Path, page: Node) -> None:
    ledger = open_output(str(finished)).ledger
    [river] = page.find("ol", class_="river")
    stages = [node for node in river.children if isinstance(node, Node)]
    for stage, item in zip(("read", "language", "quality", "dedup", "write"), stages, strict=True):
        came, kept = ledger.total(stage=stage).docs, ledger.total(stage=stage, outcome="kept").docs
        assert item.find("h3")[0].text().split()[-1] == f"{came:,}"
        assert item.find("svg")[0].attributes["aria-label"] == f"{came:,} documents came, {kept:,} stayed"
        rows = [[span.text() for span in row.find("span")] for bars in item.find("ul") for row in bars.find("li")]
        reasons = {key[0]: counts.docs for key, counts in ledger.by("outcome", "stage").items() if key[1] == stage}
        reasons.pop("kept")
        assert dict(rows) == {name.partition("/")[2]: f"{docs:,}" for name, docs in reasons.items()}


def test_the_tables_are_a_recount(finished: Path, page: Node) -> None:
    written = shards_of(finished)
    rows = {row.attributes["data-lang"]: row for row in page.find("tr") if "data-lang" in row.attributes}
    found = {row["lang"]: row for row in rows_of(summarize(open_sound(str(finished))), "lang")}
    assert rows.keys() == found.keys()
    for lang, row in rows.items():
        mine = written.filter(pc.equal(written["lang"], lang))
        text, tokens = (pc.sum(mine[name]).as_py() or 0 for name in ("n_bytes", "n_tokens"))
        cells = [cell.text() for cell in row.find("td")]
        assert cells[:8] == [
            count(found[lang]["found"]), count(found[lang]["screened"]), count(found[lang]["duplicates"]),
            count(len(mine)), share(len(mine), found[lang]["found"]), quantity(text, "B"), quantity(tokens),
            f"{tokens / text:.3f}" if text else "–",
        ]  # fmt: skip


def test_the_heat_map_is_a_recount(finished: Path, page: Node) -> None:
    dropped = ds.dataset(finished / "audit").to_table(columns=["lang", "reason"]).to_pylist()
    dropped += pq.read_table(finished / "removals.parquet", columns=["lang", "reason"]).to_pylist()
    found = {row["lang"]: row["found"] for row in rows_of(summarize(open_sound(str(finished))), "lang")}
    [table] = page.find("table", class_="heat")
    langs = [cell.text() for cell in table.find("thead")[0].find("th")][1:]
    shown = 0
    for row in table.find("tbody")[0].find("tr"):
        for lang, cell in zip(langs, row.find("td"), strict=True):
            docs = sum(one["lang"] == lang and one["reason"] == row.attributes["data-reason"] for one in dropped)
            if docs:
                assert cell.attributes["title"].startswith(f"{docs:,} of ")
                assert cell.text() == share(docs, found[lang], 0).removesuffix("%")
                assert cell.text() != "0"
                shown += docs
            else:
                assert cell.text() == ""
    assert shown == sum(one["lang"] in langs for one in dropped)


def test_the_histograms_are_a_recount(finished: Path, page: Node) -> None:
    kept = pa.concat_tables(pq.read_table(path) for path in sorted(finished.glob("work/items/*.parquet")))
    dropped = ds.dataset(finished / "audit").to_table()
    labels = [label.text() for label in page.find("label")]
    assert labels[0] == "all"
    for number, label in enumerate(labels):
        [pane] = page.find("div", id=f"p{number}")
        for figure in pane.find("figure"):
            signal = figure.attributes["data-signal"]
            if signal == "cluster_size":
                continue
            passed, lost = (_values(table, signal, None if number == 0 else label) for table in (kept, dropped))
            assert int(figure.attributes["data-kept"]) == len(passed)
            assert int(figure.attributes["data-seen"]) == len(passed) + len(lost)
        assert {figure.attributes["data-signal"] for figure in pane.find("figure")} >= {"n_chars", "q_dup_5gram_ratio"}


def _values(table: pa.Table, signal: str, lang: str | None) -> list[float]:
    """Return a signal of the documents of one language, or of all that are wanted."""
    wanted = set(GLM4) if lang is None else {lang}
    found = zip(table["lang"].cast(pa.string()).to_pylist(), table[signal].to_pylist(), strict=True)
    return [value for of, value in found if of in wanted and value is not None]


def test_thresholds_are_drawn_in(page: Node) -> None:
    labels = [label.text() for label in page.find("label")]
    [pane] = page.find("div", id=f"p{labels.index('zh')}")
    [words] = pane.find("figure", data_signal="n_words")
    assert [text.text() for text in words.find("text", class_="limit")] == ["≥ 50", "≤ 100k"]
    assert len(words.find("line", class_="limit")) == 2


def test_samples_and_clusters_are_there(finished: Path, page: Node) -> None:
    samples = pq.read_table(finished / "samples.parquet").to_pylist()
    [clusters] = page.find("ol", class_="clusters")
    sizes = [node.text() for item in clusters.find("div", class_="size") for node in item.find("b")]
    assert sizes == [f"{row['cluster_size']:,}" for row in samples if row["reason"] == "cluster"]
    labels = [label.text() for label in page.find("label")]
    for number, label in enumerate(labels[1:], 1):
        [pane] = page.find("div", id=f"p{number}")
        shown = {code.text() for item in pane.find("ul", class_="docs") for code in item.find("code")}
        assert shown == {row["id"] for row in samples if row["lang"] == label and row["reason"] != "cluster"}


def test_samples_have_their_lines(finished: Path, page: Node) -> None:
    rows = pq.read_table(finished / "samples.parquet").to_pylist()
    begins = {row["id"]: row["excerpt"][:200].split("\n")[:12] for row in rows}
    [pane] = page.find("div", id="p1")
    several = 0
    for item in pane.find("li"):
        for text in item.find("p", class_="text"):
            [code] = item.find("code")
            lines = text.text().removesuffix("…").split("\n")
            assert lines[: len(begins[code.text()])][:-1] == begins[code.text()][: len(lines)][:-1]
            several += len(lines) > 1
    assert several


def test_configuration_and_digests_are_there(finished: Path, page: Node) -> None:
    manifest = manifest_of(finished)
    text = page.text()
    for digest in (manifest["sha256"], manifest["config_digest"], manifest["tokenizer"]["sha256"], manifest["code"]):
        assert digest in text
    [pre] = page.find("pre")
    assert json.loads(pre.text()) == manifest["config"]


def test_it_needs_nothing_else(finished: Path, page: Node) -> None:
    source = (finished / "report.html").read_text()
    assert len(source.encode()) < 6 << 20
    assert not page.find("script")
    assert not [node for node in page.find("link") if not node.attributes["href"].startswith("data:")]
    assert "src=" not in re.sub(r">[^<]*<", "><", source)
    assert "url(" not in source.partition("</style>")[0]
    [policy] = page.find("meta", http_equiv="Content-Security-Policy")
    [style] = page.find("style")
    digest = base64.b64encode(hashlib.sha256(style.text().encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in policy.attributes["content"]
    assert not re.search(r"<[^>]+ (style|on\w+)=", source)


def test_ids_and_labels_fit(page: Node) -> None:
    ids = [
        node.attributes["id"]
        for tag in ("div", "section", "main", "input")
        for node in page.find(tag)
        if "id" in node.attributes
    ]
    assert len(set(ids)) == len(ids)
    for link in page.find("a"):
        assert link.attributes["href"].removeprefix("#") in ids
    for label in page.find("label"):
        assert label.attributes["for"] in ids
    assert all(table.find("caption") for table in page.find("table"))
    assert all(svg.attributes.get("role") == "img" or svg.attributes.get("aria-hidden") for svg in page.find("svg"))


def test_the_same_page_however_the_work_is_cut(finished: Path, tmp_path: Path) -> None:
    other = run_sample(tmp_path / "other", "work.item_bytes=400000", "work.partitions=3", workers=2)
    assert render(open_sound(str(other))) == (finished / "report.html").read_text()


def test_a_run_that_keeps_nothing_has_a_page(tmp_path: Path) -> None:
    run_sample(tmp_path, 'input=[{source: docs, files: "tests/data/corpus/zh.jsonl.gz"}]', "languages=[bg]")
    page = tree(render(open_sound(str(tmp_path))))
    assert "None: no document was kept." in page.text()
    assert len(page.find("label")) == 1


def test_stages_that_are_off_leave_a_page(tmp_path: Path) -> None:
    only = 'input=[{source: docs, files: "tests/data/corpus/sk.jsonl"}]'
    run_sample(tmp_path, only, "languages=[sv, da, en]", "quality=off", "dedup=off", "tokens.ids=false", "audit=false")
    text = tree(render(open_sound(str(tmp_path)))).text()
    assert "nothing dropped" in text
    assert "No document has a duplicate." in text
