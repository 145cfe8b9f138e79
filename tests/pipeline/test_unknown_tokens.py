"""A tokenizer that has not a token for everything, through a whole run: said before, counted, shown, and refused."""

from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from babelmill.pipeline.cli import app
from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.corpus.corpus import open_output, open_sound
from babelmill.pipeline.corpus.summary import summarize
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.job.plan import make_plan
from babelmill.pipeline.runners.local import execute, prepare
from babelmill.pipeline.show.html.report import render
from babelmill.transforms.errors import RejectedError
from babelmill.transforms.unknown import Lost, lost_by_language
from tests.pipeline.runs import manifest_of, shards_of
from tests.small_tokenizers import make_tokenizer

TEXTS = {
    "en": "The captain went home by the sea, and the boat lay in the harbour until it was dark again.",
    "en-emoji": "The harbour was lovely 😀 and we went home 🏠 by the sea in the evening, it was dark again.",
    "ru": "Лодка стояла в гавани, а капитан пошёл домой к морю, и мы читали письма, пока не стемнело совсем.",
    "zh": "船停在港口里，船长回到海边的家里去了，直到天黑我们还在读那些信。今天的天气非常好，我们都很高兴。",
}


def write(folder: Path, kind: str, *ids: str, more: str = "") -> Path:
    """Write input, tokenizer and configuration; return the configuration's path. `more` are texts it is trained on."""
    rows = (orjson.dumps({"id": id, "text": TEXTS[id]}) for id in ids or TEXTS)
    (folder / "in.jsonl").write_bytes(b"\n".join(rows))
    config = folder / "c.yaml"
    config.write_text(
        f"name: t\ninput: [{{source: a, files: {folder}/in.jsonl}}]\noutput: {folder}/out\nlanguages: [en, ru, zh]\n"
        "quality: off\npii: off\nlanguage: {min_score: 0}\n"
        f"tokens: {{tokenizer: {{path: '{make_tokenizer(folder, kind, more)}'}}}}\n"
    )
    return config


def run(config: Path, *settings: str) -> Path:
    plan = make_plan(load_config(str(config), settings))
    prepare(plan)
    execute(plan, 1)
    return config.parent / "out"


@pytest.mark.parametrize("kind", ["bpe", "bpe unk", "wordpiece"])
def test_plan_says_which_languages_have_no_tokens(tmp_path: Path, kind: str) -> None:
    done = CliRunner().invoke(app, ["plan", str(write(tmp_path, kind))])
    assert done.exit_code == 0
    said = " ".join(done.stdout.split())
    assert "characters without a token" in said
    assert "ru 100.0%, zh 100.0%" in said
    assert "A run that keeps documents in ru, zh fails" in said


def test_plan_says_nothing_of_a_tokenizer_that_writes_all(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["plan", str(write(tmp_path, "bytes"))])
    assert done.exit_code == 0
    assert "without a token" not in done.stdout


@pytest.mark.parametrize("kind", ["bpe", "bpe unk"])
def test_languages_that_cannot_be_written_fail_the_run_before_a_shard_is_written(tmp_path: Path, kind: str) -> None:
    config = write(tmp_path, kind)
    with pytest.raises(RejectedError, match="without a token: ru 100%, zh 100%, more than tokens.max_unknown_ratio"):
        run(config)
    assert not (tmp_path / "out" / "data").exists()


def test_more_unknown_tokens_than_allowed_fail_the_run(tmp_path: Path) -> None:
    config = write(tmp_path, "bpe unk", "en-emoji", more=" ".join(TEXTS.values()).replace("😀", "").replace("🏠", ""))
    with pytest.raises(RejectedError, match=r"unknown tokens, .*: en [\d.]+%; more than tokens.max_unknown_ratio 0.01"):
        run(config)
    assert not (tmp_path / "out" / "manifest.json").exists()
    assert manifest_of(run(config, "tokens.max_unknown_ratio=0.2"))["totals"]["unknown_tokens"] == 2


@pytest.mark.parametrize(("kind", "column"), [("bpe", "n_lost"), ("bpe unk", "n_unknown")])
def test_what_is_allowed_is_counted_shown_and_verified(tmp_path: Path, kind: str, column: str) -> None:
    output = run(write(tmp_path, kind), "tokens.max_unknown_ratio=1")
    table = shards_of(output)
    counts = dict(zip(table["id"].to_pylist(), table[column].to_pylist(), strict=True))
    tokens = dict(zip(table["id"].to_pylist(), table["n_tokens"].to_pylist(), strict=True))
    found = lost_by_language(open_output(str(output)).ledger.rows())
    assert list(found)[-1] == "en"
    assert counts["en-emoji"] >= 2
    for lang in ("ru", "zh"):
        assert found[lang].share == 1
        assert found[lang] == (Lost(0, counts[lang], 1, 0) if kind == "bpe" else Lost(counts[lang], 0, 0, tokens[lang]))
    opened = open_output(str(output))
    assert not list(verify(opened))
    totals = manifest_of(output)["totals"]
    assert totals["unknown_tokens"] + totals["characters_without_token"] == sum(counts.values())
    assert summarize(open_sound(str(output))).lost == found
    assert "What the tokenizer could not write" in render(open_sound(str(output)))
    card = (output / "README.md").read_text()
    assert "`ru` 100.00%" in card
    shown = CliRunner().invoke(app, ["inspect", str(output)]).stdout
    assert "ru 100.0%" in shown
    by_lang = orjson.loads(CliRunner().invoke(app, ["inspect", str(output), "--json"]).stdout)["unknown_tokens"]
    assert by_lang["zh"]["share"] == 1


def test_verify_recounts_unknown_tokens(tmp_path: Path) -> None:
    output = run(write(tmp_path, "bpe unk"), "tokens.max_unknown_ratio=1")
    [path] = (output / "data" / "lang=ru").glob("*.parquet")
    table = pq.read_table(path, partitioning=None)
    place = table.schema.get_field_index("n_unknown")
    changed = table.set_column(place, table.schema.field(place), pa.array([0], pa.int32()))
    pq.write_table(changed, path)
    problems = list(verify(open_output(str(output))))
    assert any("unknown tokens, but n_unknown adds up to 0" in problem for problem in problems)


def test_a_tokenizer_that_writes_all_adds_no_column_and_no_row(tmp_path: Path) -> None:
    output = run(write(tmp_path, "bytes"))
    assert not {"n_unknown", "n_lost"} & set(shards_of(output).schema.names)
    assert not lost_by_language(open_output(str(output)).ledger.rows())
    assert manifest_of(output)["totals"]["unknown_tokens"] == 0
