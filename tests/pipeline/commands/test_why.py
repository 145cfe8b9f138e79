"""`babelmill why` on a run in which documents are lost in every way: what it says is what the run did."""

import gzip
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from babelmill.pipeline.explain import document as lives
from babelmill.transforms.write.manifest import dump_manifest
from tests.pipeline.commands.why import all_told, call, failed, inert, told
from tests.pipeline.lost import EN, HOSTILE_ID, ZH, sample_texts
from tests.pipeline.runs import manifest_of, shards_of


@pytest.fixture
def inputs(lost: Path) -> Path:
    return lost.parent / "in"


@pytest.fixture
def copy(lost: Path, tmp_path: Path) -> Path:
    """A copy of the run to damage; its input is the first one's."""
    return Path(shutil.copytree(lost, tmp_path / "run"))


@pytest.fixture(scope="session", params=["all", "no work", "neither"])
def run(request: pytest.FixtureRequest, lost: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run, with and without what may be deleted or was not asked for."""
    folder = Path(shutil.copytree(lost, tmp_path_factory.mktemp("runs") / "run"))
    if request.param in ("no work", "neither"):
        shutil.rmtree(folder / "work")
    if request.param in ("no audit", "neither"):
        shutil.rmtree(folder / "audit")
        manifest = manifest_of(folder)
        manifest["config"]["audit"] = False
        (folder / "manifest.json").write_bytes(dump_manifest(manifest))
    return folder


def test_a_kept_document(run: Path, inputs: Path, corpus: Path) -> None:
    found = told(run, EN[1])
    assert (found["reason"], found["stage"], found["booked"]) == ("kept", "write", True)
    row = pq.read_table(found["found"]["file"], partitioning=None).slice(found["found"]["row"], 1).to_pylist()[0]
    assert row["id"] == EN[1]
    assert found["text"] == row["text"] == sample_texts(corpus)[EN[1]]
    lines = (inputs / "ids.jsonl").read_bytes()
    assert found["origin"]["path"] == str(inputs / "ids.jsonl")
    assert json.loads(lines[found["origin"]["offset"] :].split(b"\n", 1)[0])["id"] == EN[1]
    for name, value in found["values"].items():
        assert name == "lang" or row[name] == pytest.approx(value)
    assert found["values"]["lang"] == "en"
    assert found["reasons"] == {}
    assert found["bounds"]["n_words"]["at_least"] == 50
    assert found["instead_of"]["documents"] == 1
    assert found["instead_of"]["first"][0]["id"] == f"{inputs}/rows.parquet#0"


def test_an_exact_duplicate(run: Path, inputs: Path, corpus: Path) -> None:
    lines = gzip.decompress((inputs / "plain.jsonl.gz").read_bytes())
    offset = lines.index(b"\n") + 1
    id = f"{inputs}/plain.jsonl.gz#{offset}"
    found = told(run, id)
    assert (found["id"], found["reason"], found["stage"]) == (id, "duplicate/exact", "dedup")
    assert (found["origin"]["path"], found["origin"]["offset"]) == (str(inputs / "plain.jsonl.gz"), offset)
    assert found["text"] == found["kept"]["text"] == sample_texts(corpus)[EN[0]]
    assert found["kept"]["id"] == EN[0]
    assert found["differences"]["same"] == 1
    assert "is the same" in call(run, id).stdout


@pytest.mark.parametrize(("row", "kept"), [(0, EN[1]), (3, ZH[0])])
def test_a_near_duplicate(run: Path, inputs: Path, row: int, kept: str) -> None:
    id = f"{inputs}/rows.parquet#{row}"
    found = told(run, id)
    assert (found["reason"], found["found"]["kept_id"]) == ("duplicate/near", kept)
    assert (found["origin"]["path"], found["origin"]["offset"]) == (str(inputs / "rows.parquet"), row)
    assert found["text"] == pq.read_table(inputs / "rows.parquet")["content"][row].as_py()
    assert found["kept"]["id"] == kept
    parts = found["differences"]["parts"]
    assert "".join(text for kind, text in parts if kind != "+") == found["text"]
    assert "".join(text for kind, text in parts if kind != "-") == found["kept"]["text"]
    assert any(kind == "-" and "changed" in text for kind, text in parts)
    shown = call(run, id).stdout
    assert f"similarity {found['found']['similarity']:.3f}" in shown
    assert "[-changed" in shown
    assert f"row {found['kept']['row']}" in shown


@pytest.mark.parametrize(
    ("id", "reason", "lang"),
    [("catalan", "language/not_wanted", "ca"), ("short", "quality/too_few_words", "en")],
)
def test_dropped_by_the_screen(run: Path, inputs: Path, id: str, reason: str, lang: str) -> None:
    found = told(run, id)
    assert (found["reason"], found["stage"]) == (reason, reason.split("/")[0])
    assert found["booked"] == (run / "audit").exists()
    assert found["values"]["lang"] == lang
    assert reason in found["reasons"].values()
    assert found["origin"]["path"] == str(inputs / "ids.jsonl")
    shown = call(run, id).stdout
    assert reason in shown
    assert ("the run keeps en, sv, zh" in shown) == (id == "catalan")
    # A number beside its bound.
    assert id == "catalan" or any(line.split()[:3] == ["n_words", "17", "50"] for line in shown.splitlines())


def test_dropped_without_an_id(run: Path, inputs: Path) -> None:
    found = told(run, f"{inputs}/rows.parquet#1")
    assert found["reason"].startswith(("quality/", "language/"))
    assert found["text"] == "short"


@pytest.mark.parametrize("offset", [0, 18])
def test_an_unreadable_record(run: Path, inputs: Path, offset: int) -> None:
    id = f"{inputs}/broken.jsonl#{offset}"
    found = told(run, id)
    [row] = [
        r
        for r in pq.read_table(run / "quarantine.parquet").to_pylist()
        if r["offset"] == offset and "broken" in r["path"]
    ]
    assert (found["reason"], found["stage"]) == (row["reason"], "read")
    assert found["found"]["head"] == row["head"].decode()
    shown = call(run, id).stdout
    assert row["error"] in shown
    assert row["head"].decode() in shown


def test_an_unreadable_record_by_its_own_id(run: Path, inputs: Path) -> None:
    assert told(run, "no-text")["reason"] == "read/no_text"
    found = told(run, "cut")
    assert (found["reason"], found["found"]["path"]) == ("read/not_json", f"{inputs}/broken.jsonl")
    assert told(run, "451")["reason"] == "read/no_text"
    # Words that stand in those records, and are no id.
    for word in ("id", "text", "45", "no-tex"):
        assert "has no document" in failed(run, word)


def test_a_place_whose_record_has_an_id(run: Path, inputs: Path) -> None:
    result = call(run, f"{inputs}/ids.jsonl#0")
    assert result.stdout.startswith(EN[0])
    assert f"#0 has the id {EN[0]}" in result.stdout


def test_two_documents_of_one_id(run: Path, corpus: Path, inputs: Path) -> None:
    found = all_told(run, "twice")
    texts = sample_texts(corpus)
    assert {document["text"] for document in found} == {texts["98896073e89e2385"], texts["7d1b04d40a351353"]}
    lines = (inputs / "ids.jsonl").read_bytes()
    for document in found:
        line = lines[document["origin"]["offset"] :].split(b"\n", 1)[0]
        assert json.loads(line)["text"] == document["text"]
        assert document["reason"] == "kept"
    assert "2 documents have this id" in call(run, "twice").stdout


def test_hostile_documents(run: Path) -> None:
    for id in (HOSTILE_ID, "million"):
        result = call(run, id)
        assert result.exit_code == 0
        assert inert(result.output)
        assert len(result.stdout) < 20_000
        assert inert(call(run, id, "--json").stdout)
    assert told(run, HOSTILE_ID)["reason"] == "kept"
    assert r"\x1b[31mred\u202e[bold]x[/bold]</script>`|  kept" in call(run, HOSTILE_ID).stdout
    assert "<script>alert(1)</script>" in call(run, HOSTILE_ID).stdout


def every_id(lost: Path) -> Iterator[tuple[str, str]]:
    """Yield id and reason of all documents that the run's own files name."""
    for table in (lost / "removals.parquet", *(lost / "audit").glob("*.parquet")):
        rows = pq.read_table(table, columns=["id", "reason"])
        yield from zip(rows["id"].to_pylist(), rows["reason"].to_pylist(), strict=True)
    for row in pq.read_table(lost / "quarantine.parquet").to_pylist():
        yield f"{row['path']}#{row['offset']}", row["reason"]
    yield from ((id, "kept") for id in shards_of(lost)["id"].to_pylist())


def test_every_document_of_the_run(lost: Path) -> None:
    asked = list(every_id(lost))
    assert len(asked) == sum(row["records"] for row in manifest_of(lost)["inputs"])
    for id, reason in asked:
        assert reason in {document["reason"] for document in all_told(lost, id)}
    assert {reason.split("/")[0] for _, reason in asked} == {"kept", "read", "language", "quality", "duplicate"}


def test_an_id_that_never_was(run: Path, inputs: Path) -> None:
    rows = sum(shard["rows"] for shard in manifest_of(run)["shards"])
    line = failed(run, "nobody")
    assert "has no document nobody; looked at " in line
    assert f"{rows} in shards" in line
    assert "records of the input" in line
    assert f"ids that contain it: {EN[0]}" in failed(run, EN[0][:8])
    assert "the next one begins at 18" in failed(run, f"{inputs}/broken.jsonl#3")
    assert f"did you mean {inputs}/ids.jsonl?" in failed(run, f"{inputs}/ids.json#3")
    assert inert(failed(run, "\x1b[31m\u202e[red]"))
    assert failed(run, f"{inputs}/ids.jsonl#{10**30}")
    assert failed(run, "\udcff")


def test_no_scan(copy: Path, inputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(copy / "work")
    shutil.rmtree(copy / "audit")
    result = call(copy, EN[0], "--no-scan")
    assert "its file and offset were not found" in result.stdout
    assert "--scan does that" in result.stdout
    assert "reading" not in result.stderr
    assert "has no document short" in failed(copy, "short", "--no-scan")
    monkeypatch.setattr(lives, "_SCAN_BYTES", 1)
    assert "were not found" in call(copy, EN[0]).stdout
    for arguments in ([EN[0], "--scan"], ["short"]):
        assert "reading 4 input files through for it" in call(copy, *arguments).stderr


def test_the_work_folder_spares_the_scan(copy: Path) -> None:
    result = call(copy, EN[0], "--json")
    assert result.stderr == ""
    assert json.loads(result.stdout)["documents"][0]["origin"]["offset"] == 0


def test_dates_and_addresses(run: Path) -> None:
    found = told(run, EN[1])
    assert found["found"]["date"] == "2024-05-02"
    assert found["found"]["url"] == f"https://example.org/{EN[1]}"
    shown = call(run, EN[1]).stdout
    assert re.search(r"date +2024-05-02\n", shown)
    assert re.search(rf"url +https://example.org/{EN[1]}\n", shown)
    if (run / "audit").exists():
        assert told(run, "short")["found"]["date"] == "2023-12-31"


def test_a_run_at_a_path_that_is_no_utf8(lost: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(lost, tmp_path / "run\udcff"))
    found = told(copy, EN[1])
    assert found["found"]["file"].startswith(str(copy))
    assert call(copy, EN[1]).exit_code == 0
