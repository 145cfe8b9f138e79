"""Clean removes what is ours and no part of a run, and never anything else: each test spoils a copy of a small run."""

import hashlib
import shutil
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from babelmill.pipeline.cli import app
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.lock import hold
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.runners.local import execute, prepare
from babelmill.transforms.files.storage import find_below, write_bytes
from babelmill.transforms.work import WorkFolder
from babelmill.transforms.write.manifest_file import dump_manifest
from tests.memory_filesystem import MemoryFileSystem
from tests.pipeline.lost import run_lost
from tests.pipeline.runs import at_root, plan_sample


@pytest.fixture(scope="module")
def lost(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_lost(tmp_path_factory.mktemp("clean"), corpus)


@pytest.fixture
def run(lost: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(lost, tmp_path / "run"))


def clean(run: Path | str, *options: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["clean", str(run), *options])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def is_work(path: str) -> bool:
    return (
        path not in KEPT
        and path.startswith(("work/items/", "work/settled/", "work/shards/"))
        or path in ("work/earlier.jsonl", "work/current")
    )


SPOILT = (
    "ledger.parquet.tmp-12-140737353947328-00c0ffee",
    "data/lang=en/part-00000.parquet.tmp-1-2-00c0ffee",
    "work/items/0000000.json.tmp-1-2-00c0ffee",
)
KEPT = (
    "data/lang=en/part-00099.parquet",
    "data/lang=xx/part-00000.parquet",
    "data/.hidden",
    "index/lang=en/foreign",
    "audit/part-0009999.parquet",
    "audit/x",
    "work/notes.txt",
    "work/items/0009999.parquet",
    "notes.parquet.tmp-12-140737353947328-00c0ffee",
    "data/lang=en/part-00000.parquet.tmp-1-2",
    "notes.txt",
    "my.tmp-file",
    "data.txt",
    "audit.md",
    "mine/data/x",
)


def spoil(run: Path) -> None:
    for name in (*SPOILT, *KEPT):
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_bytes(b"12345")


def test_what_is_no_part_of_the_run_goes_and_all_else_stays(run: Path) -> None:
    before = content(run)
    spoil(run)
    spoilt = content(run)
    code, out, err = clean(run, "--dry-run")
    assert (code, err) == (0, "")
    assert content(run) == spoilt
    size = sum((run / path).stat().st_size for path in spoilt if path in SPOILT or is_work(path))
    assert f"would be removed, {size:,} bytes" in out
    code, out, err = clean(run)
    assert (code, err) == (0, "")
    assert f"removed, {size:,} bytes" in out
    for path in SPOILT:
        assert f"{path}, 5 B" in out
    assert "not Babelmill's, and left as they are: audit.md, data.txt, my.tmp-file, notes.parquet.tmp-" in out
    assert "whoever reads the folder data/ reads data/lang=en/part-00099.parquet too" in out
    after = content(run)
    assert after == {path: digest for path, digest in spoilt.items() if path not in SPOILT and not is_work(path)}
    assert after.keys() >= {path for path in before if not is_work(path)} | set(KEPT)
    assert set(verify(open_output(str(run)))) == {
        "audit/part-0009999.parquet: not in audit/_parts.json",
        *(f"{path}: not in the manifest" for path in KEPT if path.startswith(("data/lang", "index/"))),
    }
    code, out, _ = clean(run)
    assert code == 0
    assert out.endswith("\nNothing to remove\n")


def test_what_reads_a_run_still_does(run: Path) -> None:
    def answers() -> list[str]:
        commands = (
            ["why", str(run), "twice"],
            ["why", str(run), "short"],
            ["clusters", str(run)],
            ["inspect", str(run)],
        )
        return [CliRunner().invoke(app, command).stdout.replace("\n", " ") for command in commands]

    before = answers()
    assert clean(run)[0] == 0
    assert answers()[1:] == before[1:]
    assert "kept" in answers()[0]
    assert (run / "work" / "costs.json").exists()


def test_links_are_not_followed(run: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.parquet").write_bytes(b"mine")
    (run / "data" / "lang=yy").symlink_to(outside)
    (run / "data" / "lang=en" / "linked.parquet").symlink_to(outside / "mine.parquet")
    shutil.move(run / "index", tmp_path / "index")
    (tmp_path / "index" / "also.mine").write_bytes(b"mine")
    (run / "index").symlink_to(tmp_path / "index")
    code, out, _ = clean(run)
    assert code == 0
    assert (outside / "mine.parquet").read_bytes() == b"mine"
    assert (tmp_path / "index" / "also.mine").exists()
    assert (run / "data" / "lang=en" / "linked.parquet").is_symlink()


def test_the_spelling_of_the_folder_does_not_matter(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(run)
    monkeypatch.chdir(run.parent)
    assert clean("./run/")[0] == 0
    assert not set(SPOILT) & content(run).keys()


@pytest.mark.parametrize("place", ["../outside.parquet", "/etc/hostname", "data/lang=../../x", "work/items/0.json"])
def test_a_manifest_that_lists_what_is_no_shard_is_refused(run: Path, place: str) -> None:
    (run.parent / "outside.parquet").write_bytes(b"mine")
    manifest = orjson.loads((run / "manifest.json").read_bytes())
    manifest["shards"][0]["path"] = place
    (run / "manifest.json").write_bytes(dump_manifest(manifest))
    before = content(run.parent)
    code, _, err = clean(run)
    assert code == 2
    assert "shards.0.path: " in err
    assert content(run.parent) == before


def test_a_damaged_run_is_refused(run: Path) -> None:
    spoil(run)
    sound = (run / "manifest.json").read_bytes()
    shard = next((run / "data" / "lang=en").glob("part-0000?.parquet"))
    index = next((run / "index" / "lang=en").glob("part-*.parquet"))

    def refused(said: str, codes: tuple[int, ...]) -> None:
        before = content(run)
        code, out, err = clean(run)
        assert code in codes
        assert out == ""
        assert said in err
        assert content(run) == before

    (run / "manifest.json").write_bytes(sound.replace(b'"lost"', b'"LOST"'))
    refused("is not what its own SHA-256 says", (2,))
    (run / "manifest.json").write_bytes(sound[:-9])
    refused("cannot be read", (1, 2))
    (run / "manifest.json").write_bytes(sound)
    moved = index.rename(run / "moved")
    refused("is missing", (1,))
    moved.rename(index)
    shard.write_bytes(shard.read_bytes()[:-1])
    refused(shard.name, (1,))


def test_no_run_is_refused_and_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x").write_bytes(b"x")
    for folder in (tmp_path, tmp_path / "nothing"):
        code, _, err = clean(folder)
        assert code == 2
        assert "is not a Babelmill run" in err
    assert content(tmp_path).keys() == {"data/x"}


def test_a_run_that_is_being_written_is_refused(run: Path) -> None:
    spoil(run)
    with hold(str(run)):
        before = content(run)
        code, _, err = clean(run)
        assert code == 2
        assert f"RUN: {run} is being written by process" in err
        assert content(run) == before


def test_of_an_unfinished_run_only_temporaries_go(run: Path) -> None:
    spoil(run)
    (run / "manifest.json").unlink()
    before = content(run)
    code, _, err = clean(run)
    assert (code, err) == (0, "")
    gone = before.keys() - content(run).keys()
    assert gone == set(SPOILT)


def test_in_a_store(corpus: Path) -> None:
    MemoryFileSystem.objects.clear()
    plan = plan_sample("mem://bucket/out", [f"input=[{{source: docs, files: {corpus}/fi.jsonl.zst}}]"])
    with at_root():
        prepare(plan)
        execute(plan)
    write_bytes("mem://bucket/out/data/lang=fi/part-00077.parquet", b"12345")
    write_bytes("mem://bucket/outside", b"mine")
    code, out, _ = clean("mem://bucket/out")
    assert code == 0
    assert "left as they are: data/lang=fi/part-00077.parquet;" in out
    left = [file.path for file in find_below("mem://bucket", "**")]
    assert "mem://bucket/outside" in left
    work = WorkFolder("mem://bucket/out")
    assert [path for path in left if path.startswith(work.base)] == [work.costs, work.items, work.owned, work.run]
    assert list(verify(open_output("mem://bucket/out"))) == ["data/lang=fi/part-00077.parquet: not in the manifest"]
