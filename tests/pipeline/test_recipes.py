"""The recipes, each run on a part of the sample: what comes out is what its page says it is for."""

import gzip
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.interface.corpora import Corpus
from babelmill.pipeline.interface.jobs import run
from babelmill.transforms.languages import GLM4
from tests.pipeline.runs import ROOT, at_root, shards_of

RECIPES = ROOT / "configs" / "recipes"
CORPUS = "tests/data/corpus"
DOCS = f"input.0.files=[{CORPUS}/en.jsonl.gz, {CORPUS}/zh.jsonl.gz, {CORPUS}/fi.jsonl.zst]"
TWICE = (
    f"input=[{{source: docs, files: [{CORPUS}/en.jsonl.gz, {CORPUS}/zh.jsonl.gz, {CORPUS}/sk.jsonl]}}, "
    f"{{source: again, files: {CORPUS}/again.parquet, text: content, id: doc_id, url: link}}]"
)
"""Two sources, of which the second has near and exact copies of documents of the first."""


def run_recipe(name: str, output: Path, *settings: str) -> Corpus:
    with at_root():
        return run(RECIPES / f"{name}.yaml", [DOCS, f"output={output}", *settings])


def dropped(corpus: Corpus, stage: str) -> int:
    rows = corpus.ledger.to_pylist()
    return sum(row["docs"] for row in rows if row["stage"] == stage and row["outcome"] != "kept")


def count(corpus: Corpus, stage: str) -> int:
    return sum(row["docs"] for row in corpus.ledger.to_pylist() if row["stage"] == stage)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return run_recipe("web_crawl", tmp_path_factory.mktemp("web") / "out")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return run_recipe("tokenize_only", tmp_path_factory.mktemp("everything") / "out", TWICE)


def likeness(one: str, other: str) -> float:
    """Return the Jaccard similarity of two texts' runs of ten characters, white space aside."""
    sets = [{text[start : start + 10] for start in range(max(1, len(text) - 9))} for text in map(bare, (one, other))]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def bare(text: str) -> str:
    return "".join(text.lower().split())


def test_every_recipe_is_on_the_page_and_is_run_here() -> None:
    names = {path.stem for path in RECIPES.glob("*.yaml")}
    page, tests = (RECIPES / "README.md").read_text(), Path(__file__).read_text()
    for name in names:
        assert f"[{name}.yaml]({name}.yaml)" in page
        assert f'run_recipe("{name}"' in tests
        assert load_config(str(RECIPES / f"{name}.yaml")).name == name.replace("_", "-")


def test_web_crawl(web: Corpus) -> None:
    assert web.verify() == []
    assert set(web.languages) <= set(GLM4)
    assert {"en", "zh", "fi"} <= set(shards_of(Path(web.folder))["lang"].to_pylist())
    assert dropped(web, "quality") > 0
    audited = sum(pq.read_metadata(path).num_rows for path in (Path(web.folder) / "audit").glob("*.parquet"))
    assert audited == dropped(web, "language") + dropped(web, "quality")


def test_books(tmp_path: Path) -> None:
    books = run_recipe("books", tmp_path / "out")
    assert books.verify() == []
    assert dropped(books, "quality") == 0
    assert count(books, "write") + dropped(books, "language") + dropped(books, "dedup") == count(books, "read")
    longest = max(shards_of(tmp_path / "out")["n_chars"].to_pylist())
    # A book of six million characters is no quarantine row, as it would be with the defaults.
    (tmp_path / "long.jsonl").write_text(
        '{"id": "long", "text": "' + "The whale swam on, and nobody knew. " * 170_000 + '"}\n'
    )
    long = run_recipe("books", tmp_path / "long", f"input.0.files={tmp_path}/long.jsonl", "languages=[en]")
    assert shards_of(tmp_path / "long")["n_chars"].to_pylist()[0] > max(longest, 5_000_000)
    assert count(long, "write") == 1


def test_continue_corpus(web: Corpus, tmp_path: Path) -> None:
    more = f"input.0.files=[{CORPUS}/en.jsonl.gz, {CORPUS}/zh.jsonl.gz, {CORPUS}/fi.jsonl.zst, {CORPUS}/sv.jsonl.gz]"
    found = run_recipe("continue_corpus", tmp_path / "out", more, f"dedup.against=[{web.folder}]")
    assert found.verify() == []
    kept, old = shards_of(tmp_path / "out"), shards_of(Path(web.folder))
    assert len(kept) > 0
    # All that the earlier run kept is here again, and is not kept again; only the new file's documents are.
    assert not set(kept["id"].to_pylist()) & set(old["id"].to_pylist())
    assert not set(kept["text"].to_pylist()) & set(old["text"].to_pylist())
    with gzip.open(ROOT / CORPUS / "sv.jsonl.gz", "rt", encoding="utf-8") as file:
        assert set(kept["id"].to_pylist()) <= {json.loads(line)["id"] for line in file}


def test_filter_only(web: Corpus, tmp_path: Path) -> None:
    found = run_recipe("filter_only", tmp_path / "out")
    assert found.verify() == []
    assert dropped(found, "dedup") == 0
    assert dropped(found, "quality") == dropped(web, "quality") > 0
    assert "tokens" not in shards_of(tmp_path / "out").column_names


def test_deduplicate_only_keeps_all_that_is_no_duplicate(everything: Corpus, tmp_path: Path) -> None:
    found = run_recipe("deduplicate_only", tmp_path / "out", TWICE)
    assert found.verify() == []
    assert dropped(found, "language") == dropped(found, "quality") == 0
    texts = dict(zip(*(shards_of(Path(everything.folder))[name].to_pylist() for name in ("id", "text")), strict=True))
    kept = shards_of(tmp_path / "out")
    removed = {row["id"]: row["kept_id"] for row in pq.read_table(tmp_path / "out" / "removals.parquet").to_pylist()}
    assert len(removed) > 20
    ids = set(kept["id"].to_pylist())
    assert ids | removed.keys() == texts.keys()
    assert len(ids) + len(removed) == len(texts)
    for id, other in removed.items():
        assert other in ids
        assert likeness(texts[id], texts[other]) > 0.6
    assert len(set(kept["text"].to_pylist())) == len(kept)


def test_tokenize_only_keeps_everything_as_it_was(everything: Corpus) -> None:
    assert everything.verify() == []
    lines = sum(len(gzip.open(ROOT / CORPUS / f"{lang}.jsonl.gz").read().splitlines()) for lang in ("en", "zh"))
    lines += len((ROOT / CORPUS / "sk.jsonl").read_bytes().splitlines())
    rows = pq.read_metadata(ROOT / CORPUS / "again.parquet").num_rows
    assert count(everything, "write") == count(everything, "read") == lines + rows
    with at_root():
        path = load_config(str(RECIPES / "tokenize_only.yaml")).tokens.tokenizer.resolve()
    tokenizer = Tokenizer.from_file(path)
    for row in shards_of(Path(everything.folder)).to_pylist():
        assert tokenizer.decode(row["tokens"], skip_special_tokens=False) == row["text"]
