"""Two runs and one disk: compared by what their folders are, and neither reads nor replaces what is the other's own."""

import shutil
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.job.other_runs import OtherRuns, RunsAbove, fixed_folder
from tests.pipeline.job.test_ownership import CONFIG, babelmill, everything
from tests.pipeline.job.test_ownership import config as config
from tests.pipeline.job.test_ownership import whole as whole


@pytest.mark.parametrize("inside", ["data/lang=sv/new", "work", "work/deep/er", "index", "audit/x"])
def test_an_output_in_another_runs_folders_is_refused(config: str, tmp_path: Path, whole: Path, inside: str) -> None:
    shutil.copytree(whole, tmp_path / "whole")
    (tmp_path / "link").symlink_to(tmp_path / "whole")
    before = everything(tmp_path)
    for spelled in ("whole", "./whole/../whole", "link"):
        output = f"{tmp_path}/{spelled}/{inside}"
        code, said = babelmill("run", config, "--set", f"output={output}", "--into-existing")
        assert code == 2
        assert f"is in {inside.partition('/')[0]}/ of the run in {tmp_path}/whole" in said
    assert everything(tmp_path) == before


def test_a_run_beside_a_run_s_files_is_fine(config: str, tmp_path: Path, whole: Path) -> None:
    shutil.copytree(whole, tmp_path / "out")
    before = everything(tmp_path / "out")
    assert babelmill("run", config, "--set", f"output={tmp_path}/out/inner")[0] == 0
    assert not list(verify(open_output(str(tmp_path / "out" / "inner"))))
    assert {name: content for name, content in everything(tmp_path / "out").items() if name in before} == before
    # The outer one goes on beside it: it is not its own, and it stays.
    inner = everything(tmp_path / "out" / "inner")
    assert babelmill("run", config, "--replace", "--into-existing")[0] == 0
    assert everything(tmp_path / "out" / "inner") == inner


def test_a_wide_glob_passes_over_what_runs_keep_for_themselves(config: str, tmp_path: Path, whole: Path) -> None:
    shutil.copytree(whole, tmp_path / "in" / "old")
    (tmp_path / "in" / "x.jsonl").write_bytes(orjson.dumps({"text": "En rad."}))
    wide = (
        f"input=[{{source: a, files: '{tmp_path}/in/**/*.jsonl'}}, {{source: b, files: '{tmp_path}/in/**/*.parquet'}}]"
    )
    code, said = babelmill("run", config, "--set", wide)
    assert code == 0, said
    kept = [path for path in (tmp_path / "in" / "old").rglob("*") if path.suffix in (".parquet", ".jsonl")]
    shards = {str(path) for path in kept if path.parts[-3] == "data"}
    assert f"{tmp_path}/in/old is a run: {len(kept) - len(shards)} files of it, no shards, are not read" in said
    inputs = {row.path for row in open_output(str(tmp_path / "out")).manifest.inputs}
    assert inputs == {f"{tmp_path}/in/x.jsonl", *shards}
    # A glob that begins in the run means what it says.
    named = f"input=[{{source: a, files: '{tmp_path}/in/old/audit/*.parquet'}}]"
    code, said = babelmill("plan", config, "--set", named, "--set", f"output={tmp_path}/new")
    assert code == 0
    assert "is a run" not in said


@pytest.mark.parametrize(
    "again", ["./in/a.jsonl", "in/../in/a.jsonl", "in/linked.jsonl", "in/hard.jsonl", "in2/a.jsonl"]
)
def test_the_same_input_twice_is_refused(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_bytes(b'{"text": "En rad."}\n')
    (tmp_path / "in" / "linked.jsonl").symlink_to("a.jsonl")
    (tmp_path / "in" / "hard.jsonl").hardlink_to(tmp_path / "in" / "a.jsonl")
    (tmp_path / "in2").symlink_to("in")
    for files in (f"[{{source: a, files: [in/a.jsonl, {again}]}}]",
                  f"[{{source: a, files: in/a.jsonl}}, {{source: b, files: {again}}}]"):  # fmt: skip
        code, said = babelmill("plan", config, "--set", f"input={files}")
        assert code == 2
        assert f"{again} is the same file as in/a.jsonl, which is already an input of source 'a'" in said


@pytest.mark.parametrize(
    ("glob", "folder"),
    [("a/*/b", "a"), ("*.x", "."), ("a/b?.x", "a"), ("gs://b/c/[ab]/d", "gs://b/c"), ("a/b.jsonl", "a/b.jsonl")],
)
def test_where_a_glob_begins(glob: str, folder: str) -> None:
    assert fixed_folder(glob) == folder


def test_which_runs_are_above(whole: Path) -> None:
    [(folder, inside, owned)] = RunsAbove()(f"{whole}/data/../data/lang=sv/part-00000.parquet")
    assert (folder, inside) == (str(whole), "data/lang=sv/part-00000.parquet")
    assert owned.has(inside)
    assert not list(RunsAbove()(f"{whole}/mine/data/x"))
    others = OtherRuns()
    assert not others.keeps(f"{whole.parent}/**/*.parquet", f"{whole}/{inside}")
    assert others.keeps(f"{whole.parent}/**/*.parquet", f"{whole}/removals.parquet")
    assert not others.keeps(f"{whole}/*.parquet", f"{whole}/removals.parquet")
    assert others.passed == {str(whole): 1}


@pytest.mark.parametrize("link", ["data", "index", "audit", "work", "data/lang=sv", "index/lang=sv", "work/items"])
def test_a_run_writes_and_removes_nothing_through_links(config: str, tmp_path: Path, whole: Path, link: str) -> None:
    shutil.copytree(whole, tmp_path / "out")
    shutil.move(tmp_path / "out" / link, tmp_path / "elsewhere")
    (tmp_path / "out" / link).symlink_to(tmp_path / "elsewhere")
    before = everything(tmp_path)
    for more in ([], ["--into-existing", "--replace", "--set", "languages=[fr]"]):
        code, said = babelmill("run", config, *more)
        assert code == 2
        assert f"output: {tmp_path}/out/{link} is a link" in said
        assert babelmill("clean", str(tmp_path / "out"), "--yes")[0] in (0, 1, 2)
        assert {name: was for name, was in everything(tmp_path).items() if name.startswith("elsewhere")} == {
            name: was for name, was in before.items() if name.startswith("elsewhere")
        }


def test_the_output_itself_may_be_a_link(config: str, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "disk")
    for _ in range(2):
        assert babelmill("run", config)[0] == 0
    assert (tmp_path / "out").is_symlink()
    assert not list(verify(open_output(str(tmp_path / "disk"))))


@pytest.mark.parametrize("audit", ["true", "false"])
def test_a_corpus_is_not_replaced_by_nothing(
    config: str, tmp_path: Path, corpus: Path, whole: Path, audit: str
) -> None:
    shutil.copytree(whole, tmp_path / "out")
    documents = open_output(str(whole)).manifest.totals.documents
    none = ("--set", "languages=[el]", "--replace", "--set", f"audit={audit}")
    for _ in range(2):
        code, said = babelmill("run", config, *none)
        assert code == 1
        assert f"no document was kept, and {tmp_path}/out has {documents} of an earlier run: they stay" in said
        found = open_output(str(tmp_path / "out"))
        before = open_output(str(whole)).manifest
        # Its audit is written over as documents are dropped.
        assert found.manifest == replace(before, audit=None, sha256=found.manifest.sha256)
        assert not list(verify(found))
        shards = everything(tmp_path / "out" / "data")
        assert shards == everything(whole / "data")
    # Of an empty output there is nothing to lose.
    (tmp_path / "d.yaml").write_text(CONFIG.format(corpus=corpus, output=tmp_path / "new"))
    for _ in range(2):
        assert babelmill("run", str(tmp_path / "d.yaml"), *none)[0] == 0
    assert open_output(str(tmp_path / "new")).manifest.totals.documents == 0
    assert not (tmp_path / "new" / "work" / "taken_back.json").exists()


def test_what_is_partly_written_over_is_not_called_whole_again(config: str, tmp_path: Path, whole: Path) -> None:
    shutil.copytree(whole, tmp_path / "out")
    shutil.copy(tmp_path / "out" / "manifest.json", tmp_path / "out" / "work" / "taken_back.json")
    (tmp_path / "out" / "manifest.json").unlink()
    shard = next((tmp_path / "out" / "data").rglob("*.parquet"))
    shard.write_bytes(shard.read_bytes()[:-1])
    assert babelmill("run", config, "--set", "languages=[el]", "--replace")[0] == 0
    assert open_output(str(tmp_path / "out")).manifest.totals.documents == 0
