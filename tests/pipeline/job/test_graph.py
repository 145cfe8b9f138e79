"""The whole graph, on the sample: real text, a real runner, one process and two."""

import bz2
import gzip
import hashlib
import json
import lzma
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
import zstandard
from tokenizers import Tokenizer

from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.runners.local import execute, prepare
from babelmill.transforms.errors import ConfigError, RejectedError, WorldError
from babelmill.transforms.languages import GLM4
from babelmill.transforms.ledger import KEPT, STAGES, Counts
from babelmill.transforms.pii.kinds import KINDS
from babelmill.transforms.pii.mask import MASKED, Mask
from babelmill.transforms.read.fields import FIELDS
from babelmill.transforms.text.gate import BadText, gate
from tests import plain
from tests.memory_filesystem import MemoryFileSystem
from tests.pipeline.runs import files_of, manifest_of, plan_sample, run_sample, shards_of

OPENERS = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open, ".zst": zstandard.open, ".jsonl": open}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_sample(tmp_path_factory.mktemp("run") / "sample")


@pytest.fixture(scope="module")
def originals(corpus: Path) -> dict[str, str]:
    """Id → text of everything readable in the sample, read with nothing of ours but the gate."""
    rows = []
    for path in [*corpus.glob("*.jsonl*"), *corpus.glob("bad/records.jsonl")]:
        with OPENERS[path.suffix](path, "rb") as lines:
            for line in lines.read().splitlines():
                try:
                    row = json.loads(line)
                    rows.append((str(row["id"]), gate(row["text"])))
                except (ValueError, KeyError, TypeError, AttributeError, BadText):
                    continue
    rows += [(row["id"], gate(row["text"])) for row in pq.read_table(corpus / "da.parquet").to_pylist()]
    rows += [(row["doc_id"], gate(row["content"])) for row in pq.read_table(corpus / "again.parquet").to_pylist()]
    return dict(rows)


def test_every_language_has_a_sound_shard(output: Path) -> None:
    assert {shard["lang"] for shard in manifest_of(output)["shards"]} == set(GLM4)
    assert not list(verify(open_output(str(output))))


def test_every_document_is_accounted_for(output: Path, originals: dict[str, str]) -> None:
    ledger = open_output(str(output)).ledger
    kept = ledger.total(stage="read", outcome=KEPT).docs
    # Two good lines of bad/records.jsonl are in sv too, and truncated.jsonl.gz keeps what came before its break.
    assert kept >= len(originals)
    dropped = sum(counts.docs for key, counts in ledger if key.stage in STAGES and key.outcome != KEPT)
    assert ledger.total(stage="read").docs == dropped + ledger.total(stage="write").docs
    removed, audited = pq.read_table(output / "removals.parquet"), ds.dataset(output / "audit").to_table()
    written = shards_of(output)
    ids = [*removed["id"].to_pylist(), *audited["id"].to_pylist(), *written["id"].to_pylist()]
    assert len(ids) == kept
    assert set(originals) <= set(ids)


def test_ids_urls_and_dates_arrive(output: Path, corpus: Path) -> None:
    """Whatever the sample's files call them: nested, as a number, as text with an offset, as Parquet's own types."""
    expected: dict[str, tuple[str, str | None]] = {}
    for name, id, url, day in (
        ("tr.jsonl.gz", "id", "metadata.url", "metadata.date"), ("no.jsonl.gz", "id", "url", "date"),
        ("fi.jsonl.zst", "id", "url", "date"), ("sv.jsonl.gz", "id", "url", "date"),
        ("da.parquet", "id", "url", "date"), ("again.parquet", "doc_id", "link", "day"),
    ):  # fmt: skip
        path = corpus / name
        if path.suffix == ".parquet":
            found = pq.read_table(path).to_pylist()
        else:
            with OPENERS[path.suffix](path, "rb") as lines:
                found = [json.loads(line) for line in lines.read().splitlines()]
        for row in found:
            row |= {f"metadata.{key}": value for key, value in row.get("metadata", {}).items()}
            expected[str(row[id])] = row[url], str(row[day])[:10] if row.get(day) else None
    written = shards_of(output).select(["id", "url", "date"]).to_pylist()
    seen = [row for row in written if row["id"] in expected]
    assert {(row["id"], row["url"], row["date"] and str(row["date"])) for row in seen} == {
        (row["id"], *expected[row["id"]]) for row in seen
    }
    assert sum(row["date"] is not None for row in seen) > 250
    assert sum(row["id"].isdecimal() for row in seen) > 15


def test_documents_with_fields_of_their_own_are_counted(output: Path) -> None:
    """As many as there are records with one in the input, by source; nothing else of the ledger knows of it."""
    ledger = open_output(str(output)).ledger
    booked = {key[1:]: counts for key, counts in ledger if key.stage == FIELDS}
    kept = {
        source: ledger.total(stage="read", source=source, outcome=KEPT).docs for source in ("docs", "nested", "again")
    }
    assert kept == {"docs": 2399, "nested": 86, "again": 20}
    for source, docs in kept.items():
        for field in ("id", "url"):
            assert booked[source, "", field] == Counts(docs)
    dates = {source: booked[source, "", "date"].docs for source in kept}
    # Documents of npm packages have none, and most languages' files have no such field.
    assert dates == {"docs": 26 + 119 + 117, "nested": 86 - 7, "again": 18}
    assert not {key.lang for key, _ in ledger if key.stage == FIELDS} - {""}


def test_personal_data_is_counted(output: Path) -> None:
    """Per document, and in the ledger; what deduplication removed is in the ledger alone."""
    ledger = open_output(str(output)).ledger
    written, audited = shards_of(output), ds.dataset(output / "audit").to_table()
    for kind in KINDS:
        booked = ledger.total(stage=MASKED, outcome=kind)
        found = sum(pc.sum(table[f"masked_{kind}"]).as_py() for table in (written, audited))
        assert booked.docs <= found <= booked.tokens
    emails = [text.count("<EMAIL>") for text in written["text"].to_pylist()]
    assert emails == written["masked_email"].to_pylist()
    assert sum(emails) > 0


def test_personal_data_stays_where_masking_is_off(tmp_path: Path) -> None:
    output = run_sample(tmp_path / "off", "pii=off", "input=[{source: docs, files: tests/data/corpus/fi.jsonl.zst}]")
    assert not [name for name in shards_of(output).schema.names if name.startswith("masked_")]
    assert not open_output(str(output)).ledger.total(stage=MASKED).docs
    assert not list(verify(open_output(str(output))))


def test_text_and_tokens_are_right(output: Path, originals: dict[str, str]) -> None:
    table = shards_of(output)
    tokenizer = Tokenizer.from_file(plan_sample(output).tokenize.tokenizer)
    for row in table.select(["id", "text", "n_chars", "n_bytes", "n_tokens", "tokens"]).to_pylist()[::5]:
        original = originals.get(row["id"], row["text"])
        assert row["text"] == Mask()(pa.array([original]))[0][0].as_py()
        assert (row["n_chars"], row["n_bytes"]) == (len(row["text"]), len(row["text"].encode()))
        assert row["tokens"] == tokenizer.encode(row["text"], add_special_tokens=False).ids
        assert len(row["tokens"]) == row["n_tokens"]
        assert tokenizer.decode(row["tokens"], skip_special_tokens=False) == row["text"]


def test_chinese_has_its_script_and_shares_are_shares(output: Path) -> None:
    table = shards_of(output).select(["url", "lang", "script", "lang_second", "lang_second_score"])
    known = {"zh-CN": "Hans", "zh_CN": "Hans", "zh-TW": "Hant", "zh_TW": "Hant", "zh_HK": "Hant"}
    seen = set()
    for row in table.to_pylist():
        assert (row["script"] is not None) <= (row["lang"] == "zh")
        assert row["lang"] != row["lang_second"]
        assert row["lang_second_score"] == 0 if row["lang_second"] is None else 0.2 <= row["lang_second_score"] <= 0.5
        for part in known.keys() & set(str(row["url"]).split("/")) if row["lang"] == "zh" else ():
            assert row["script"] == known[part]
            seen.add(row["script"])
    assert seen


def test_removals_name_who_stayed(output: Path, originals: dict[str, str]) -> None:
    table = shards_of(output)
    sizes = dict(zip(table["id"].to_pylist(), table["cluster_size"].to_pylist(), strict=True))
    removals = pq.read_table(output / "removals.parquet").to_pylist()
    assert {row["reason"] for row in removals} == {"duplicate/exact", "duplicate/near"}
    assert sum(sizes.values()) == len(sizes) + len(removals)
    for row in removals:
        assert row["kept_id"] in sizes
        assert sizes[row["kept_id"]] > 1
        one, other = originals[row["id"]], originals[row["kept_id"]]
        if row["reason"] == "duplicate/exact":
            assert one == other
            assert row["similarity"] is None
        else:
            true = jaccard(one, other)
            assert true >= 0.75 - 0.15, (row, true)
            assert row["similarity"] == pytest.approx(true, abs=0.16)


def fold(char: str) -> str:
    return "0" if char.isdigit() else char.casefold()


def jaccard(one: str, other: str) -> float:
    """Return the true similarity of two texts' sets of 5-grams of folded words."""

    def shingles(text: str) -> set[tuple[str, ...]]:
        words = ["".join(fold(char) for char in word if char.isalnum()) for word in plain.words(text)]
        folded = [word for word in words if word]
        return {tuple(folded[i : i + 5]) for i in range(len(folded) - 4)}

    a, b = shingles(one), shingles(other)
    return len(a & b) / len(a | b)


def test_every_text_is_kept_once(output: Path) -> None:
    texts = shards_of(output)["text"].to_pylist()
    assert len(set(texts)) == len(texts)


def test_readers_take_the_folders_as_they_are(output: Path) -> None:
    totals = manifest_of(output)["totals"]
    found = ds.dataset(output / "data", partitioning="hive")
    assert found.count_rows() == totals["documents"]
    assert set(found.to_table(columns=["lang"])["lang"].to_pylist()) == set(GLM4)


@pytest.mark.parametrize(
    ("settings", "workers"),
    [
        ((), 2),
        (("work.item_bytes=300000", "work.partitions=3"), 1),
        (("work.partitions=13",), 3),
        (("work.item_bytes=100000000", "dedup.exchange=records"), 1),
    ],
    ids=["two processes", "small items", "survivors in rounds", "one item a source, records in the shuffle"],
)
def test_the_same_bytes_however_the_work_is_cut(
    output: Path, tmp_path: Path, settings: tuple[str, ...], workers: int
) -> None:
    other = run_sample(tmp_path / "other", *settings, workers=workers)
    assert files_of(other) == files_of(output)


def test_whole_clusters_are_the_same_bytes_in_rounds(output: Path, tmp_path: Path) -> None:
    one = run_sample(tmp_path / "one", "dedup.cluster=transitive")
    other = run_sample(tmp_path / "other", "dedup.cluster=transitive", "work.partitions=21", "work.item_bytes=300000")
    assert files_of(one) == files_of(other)
    assert not list(verify(open_output(str(one))))
    greedy, transitive = (pq.read_table(path / "removals.parquet")["id"].to_pylist() for path in (output, one))
    assert set(greedy) <= set(transitive)


def test_many_shards_are_the_same_bytes_too(tmp_path: Path) -> None:
    small = "shards.target_bytes=6000"
    one = run_sample(tmp_path / "one", small)
    other = run_sample(tmp_path / "other", small, "work.item_bytes=200000")
    assert files_of(one) == files_of(other)
    numbers = [shard["path"] for shard in manifest_of(one)["shards"] if shard["lang"] == "zh"]
    assert len(numbers) > 32  # more than two windows
    assert not list(verify(open_output(str(one))))


def test_a_second_run_reuses_the_first(output: Path) -> None:
    before, staged = files_of(output), {path: path.stat().st_mtime_ns for path in output.glob("work/items/*.parquet")}
    shards = {path: path.stat().st_mtime_ns for path in output.glob("data/**/*.parquet")}
    assert run_sample(output) == output
    assert files_of(output) == before
    assert staged == {path: path.stat().st_mtime_ns for path in output.glob("work/items/*.parquet")}
    assert shards == {path: path.stat().st_mtime_ns for path in output.glob("data/**/*.parquet")}


def test_a_changed_setting_is_noticed(tmp_path: Path) -> None:
    only = 'input=[{source: docs, files: "tests/data/corpus/[ef]*.jsonl.*"}]'
    run_sample(tmp_path, only, "languages=[en, es, fa, fi, fr]")
    stricter = run_sample(tmp_path, only, "languages=[en, es, fr]", "quality.overrides.en.n_words.at_least=400")
    assert {path.name for path in (stricter / "data").iterdir() if list(path.iterdir())} == {
        "lang=en",
        "lang=es",
        "lang=fr",
    }
    assert min(pq.read_table(stricter / "data/lang=en", partitioning=None)["n_words"].to_pylist()) >= 400
    assert not list(verify(open_output(str(stricter))))


def test_stages_can_be_off(tmp_path: Path) -> None:
    only = 'input=[{source: docs, files: "tests/data/corpus/zh.jsonl.gz"}]'
    run_sample(tmp_path, only, "quality=off", "dedup=off", "tokens.ids=false", "audit=false")
    table = shards_of(tmp_path)
    assert "tokens" not in table.schema.names
    assert set(table["cluster_size"].to_pylist()) == {1}
    ledger = open_output(str(tmp_path)).ledger
    assert ledger.total(stage="language", outcome=KEPT).docs == ledger.total(stage="write").docs == len(table)


def test_nothing_that_survives_is_still_a_run(tmp_path: Path) -> None:
    run_sample(tmp_path, 'input=[{source: docs, files: "tests/data/corpus/zh.jsonl.gz"}]', "languages=[bg]")
    assert manifest_of(tmp_path)["totals"]["documents"] == 0
    assert not list(verify(open_output(str(tmp_path))))


def test_too_many_bad_records_fail_at_the_end(tmp_path: Path) -> None:
    with pytest.raises(RejectedError, match=r"read/text_not_string in .*bad/records\.jsonl"):
        run_sample(tmp_path, "max_rejected_ratio=0.001")
    with pytest.raises(ConfigError, match="its run was refused at its end: 18 of 2529 records were unreadable"):
        open_output(str(tmp_path))
    assert (tmp_path / "quarantine.parquet").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_workers_error_comes_back_as_it_was(tmp_path: Path, workers: int) -> None:
    path = tmp_path / "gone.jsonl"
    path.write_text('{"text": "here when it was planned"}\n')
    plan = plan_sample(tmp_path / "out", [f"input=[{{source: docs, files: {path}}}]"])
    prepare(plan)
    path.unlink()
    with pytest.raises(WorldError) as caught:
        execute(plan, workers)
    assert str(caught.value).startswith(f"{path}: changed since the plan (it is gone)")
    assert "\n" not in str(caught.value)


def test_an_object_store_is_as_good_as_a_disk(tmp_path: Path, corpus: Path) -> None:
    objects = MemoryFileSystem.objects
    objects.clear()
    for path in (corpus / "fi.jsonl.zst", corpus / "da.parquet", corpus / "sk.jsonl"):
        objects[f"mem://bucket/in/{path.name}"] = path.read_bytes()
    settings = ["input=[{source: docs, files: 'mem://bucket/in/*'}]", "languages=[fi, da]", "work.item_bytes=20000"]
    local = run_sample(tmp_path / "local", *settings)
    plan = plan_sample("mem://bucket/out", settings)
    prepare(plan)
    execute(plan)
    there = {
        path.removeprefix("mem://bucket/out/"): hashlib.sha256(content).hexdigest()
        for path, content in objects.items()
        if path.startswith("mem://bucket/out/") and not {"work", "audit"} & set(path.split("/"))
    }
    assert there == files_of(local)
    assert not list(verify(open_output("mem://bucket/out")))
