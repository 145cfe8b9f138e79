"""The statistics of a whole run, recounted from its staged, audited and removed documents by pyarrow and numpy."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.transforms.ledger import STAGES
from babelmill.transforms.write.manifest_file import dump_manifest
from tests.pipeline.runs import manifest_of, plan_sample, run_sample, shards_of


@pytest.fixture(scope="module")
def screened(finished: Path) -> dict[str, pa.Table]:
    """Outcome → the documents as the screen left them."""
    kept = pa.concat_tables(pq.read_table(path) for path in sorted(finished.glob("work/items/*.parquet")))
    return {"kept": kept, "dropped": ds.dataset(finished / "audit").to_table()}


def test_every_bin_is_a_recount(finished: Path, screened: dict[str, pa.Table]) -> None:
    table = pq.read_table(finished / "statistics.parquet")
    signals = set(table["signal"].to_pylist())
    assert signals == {*plan_sample(finished).signals, "cluster_size"}
    screened = screened | {"cluster_size": shards_of(finished)}
    columns: dict[tuple[str, str, str], np.ndarray] = {}
    for row in table.to_pylist():
        signal, lang, outcome = row["signal"], row["lang"], row["outcome"]
        if (signal, lang, outcome) not in columns:
            documents = screened["cluster_size" if signal == "cluster_size" else outcome]
            mine = documents.filter(pc.equal(documents["lang"].cast(pa.string()), lang))
            columns[signal, lang, outcome] = mine[signal].drop_null().to_numpy().astype(float)
        values = columns[signal, lang, outcome]
        inside = values == 0 if row["high"] == 0 else (values > 0) & (values >= row["low"]) & (values < row["high"])
        assert row["docs"] == inside.sum() > 0
    counted = dict.fromkeys(columns, 0)
    for row in table.to_pylist():
        counted[row["signal"], row["lang"], row["outcome"]] += row["docs"]
    assert counted == {key: len(values) for key, values in columns.items()}


def test_samples_are_what_they_say(finished: Path, screened: dict[str, pa.Table]) -> None:
    columns = ["id", "text", "source", "lang"]
    texts: dict[tuple[str, str, str], set[str]] = {}
    reasons: dict[str, set[str]] = {}
    for table in screened.values():
        for row in table.select(columns).to_pylist():
            texts.setdefault((row["id"], row["source"], row["lang"]), set()).add(row["text"])
    for row in screened["dropped"].select(["id", "reason"]).to_pylist():
        reasons.setdefault(row["reason"], set()).add(row["id"])
    for row in pq.read_table(finished / "removals.parquet").to_pylist():
        reasons.setdefault(row["reason"], set()).add(row["id"])
    written = shards_of(finished)
    reasons["kept"] = reasons["cluster"] = set(written["id"].to_pylist())
    sizes = dict(zip(written["id"].to_pylist(), written["cluster_size"].to_pylist(), strict=True))
    samples = pq.read_table(finished / "samples.parquet").to_pylist()
    for row in samples:
        if row["reason"].startswith("read/"):
            continue
        assert row["id"] in reasons[row["reason"]]
        assert any(
            text[:240] == row["excerpt"] and len(text) == row["n_chars"]
            for text in texts[row["id"], row["source"], row["lang"]]
        )
        if row["reason"] in ("kept", "cluster"):
            assert row["cluster_size"] == sizes[row["id"]]
    found = [row["cluster_size"] for row in samples if row["reason"] == "cluster"]
    assert found == sorted(sizes.values(), reverse=True)[: len(found)]


def test_every_reason_of_every_language_has_its_samples(finished: Path) -> None:
    ledger = open_output(str(finished)).ledger
    held: dict[tuple[str, str], int] = {}
    for row in pq.read_table(finished / "samples.parquet", columns=["lang", "reason"]).to_pylist():
        held[row["lang"], row["reason"]] = held.get((row["lang"], row["reason"]), 0) + 1
    for (stage, lang, outcome), counts in ledger.by("stage", "lang", "outcome").items():
        if stage in STAGES and (outcome != "kept" or stage == "write"):
            assert held[lang, outcome] == min(3, counts.docs)


def test_different_urls_are_counted(finished: Path, screened: dict[str, pa.Table]) -> None:
    kept = screened["kept"].filter(screened["kept"]["url"].is_valid())
    found = {row["lang"]: row for row in pq.read_table(finished / "urls.parquet").to_pylist()}
    assert found.keys() == set(kept["lang"].to_pylist())
    for lang, row in found.items():
        urls = kept.filter(pc.equal(kept["lang"], lang))["url"].to_pylist()
        assert row["docs"] == len(urls)
        assert row["distinct"] == pytest.approx(len(set(urls)), rel=0.05, abs=2)


def test_thresholds_are_the_rules_and_the_least_score(finished: Path) -> None:
    rows = pq.read_table(finished / "thresholds.parquet").to_pylist()
    bounds = {(row["signal"], row["lang"]): (row["at_least"], row["at_most"]) for row in rows}
    assert bounds["n_words", "zh"] == (50, 100_000)
    assert bounds["q_newline_ratio", "zh"] == (None, 0.11)
    assert bounds["lang_score", "sv"] == (0.5, None)
    kept = shards_of(finished)
    for (signal, lang), (low, high) in bounds.items():
        values = kept.filter(pc.equal(kept["lang"], lang))[signal].to_numpy()
        assert (values >= np.float32(-np.inf if low is None else low)).all()
        assert (values <= np.float32(np.inf if high is None else high)).all()


def test_a_score_that_is_bounded_twice(tmp_path: Path) -> None:
    settings = ["language.min_score={all: 0.3, zh: 0.6}", "quality.overrides={en: {lang_score: {at_least: 0.7}}}"]
    rows = plan_sample(tmp_path, settings).thresholds.to_pylist()
    found = {row["lang"]: row["at_least"] for row in rows if row["signal"] == "lang_score"}
    assert (found["zh"], found["en"], found["de"]) == (0.6, 0.7, 0.3)


def test_verify_compares_the_statistics_with_the_ledger(tmp_path: Path) -> None:
    run_sample(tmp_path, 'input=[{source: docs, files: "tests/data/corpus/sk.jsonl"}]', "languages=[sv, da]")
    assert not list(verify(open_output(str(tmp_path))))
    path = tmp_path / "statistics.parquet"
    table = pq.read_table(path)
    docs = pa.array(np.append(table["docs"].to_numpy()[:-1], 99))
    pq.write_table(table.set_column(5, table.schema.field("docs"), docs), path, write_page_checksum=True)
    manifest = manifest_of(tmp_path)
    (tmp_path / "manifest.json").write_bytes(dump_manifest(manifest))
    problems = list(verify(open_output(str(tmp_path))))
    last = table.slice(len(table) - 1).to_pylist()[0]
    assert any(f"{last['outcome']} by {last['signal']} in {last['lang']}" in problem for problem in problems)
    assert any(problem.startswith("statistics.parquet: SHA-256") for problem in problems)
