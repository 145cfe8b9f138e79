"""The budget of a real run, recounted from its shards and its ledger; then of small made-up ones."""

from collections import Counter
from math import ceil, exp
from pathlib import Path
from typing import Any

import pytest

from babelmill.pipeline.budget.budget import Budget, Line, budget_of
from babelmill.pipeline.config.budget import BudgetSection
from babelmill.pipeline.corpus.corpus import Output, open_output
from babelmill.transforms.ledger import KEPT, Counts, Key, Tally
from babelmill.transforms.write.strata import LENGTH_BOUNDS, Strata
from tests.pipeline.runs import run_sample, shards_of

SETTINGS = (
    'input=[{source: docs, files: ["tests/data/corpus/e*.jsonl*", "tests/data/corpus/zh.jsonl.gz"]}, '
    "{source: again, files: tests/data/corpus/again.parquet, text: content, id: doc_id, url: link}]",
    "languages=[zh, en, el, sv]",
)
TOTAL = 10**9


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_sample(tmp_path_factory.mktemp("budget") / "run", *SETTINGS)


@pytest.fixture(scope="module")
def run(folder: Path) -> Output:
    return open_output(str(folder))


@pytest.fixture(scope="module")
def documents(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shards_of(folder).select(["lang", "source", "n_tokens", "cluster_size"]).to_pylist()
    return found


def of_run(run: Output, scale: float = 1, **section: Any) -> Budget:
    wanted = BudgetSection(total_tokens=TOTAL, **section)
    return budget_of(wanted, run.ledger, run.strata, run.languages, run.sources, scale)


def by_name(lines: tuple[Line, ...]) -> dict[str, Line]:
    return {line.name: line for line in lines}


def test_what_there_is_is_what_the_shards_hold(run: Output, documents: list[dict[str, Any]]) -> None:
    found = of_run(run)
    for part, lines, names in (("lang", found.languages, run.languages), ("source", found.sources, run.sources)):
        tokens: Counter[str] = Counter()
        for row in documents:
            tokens[row[part]] += row["n_tokens"]
        assert {line.name: line.have for line in lines} == {name: tokens[name] for name in names}
        assert sum(line.have for line in lines) == run.manifest.totals.tokens


def test_every_line_is_the_law_applied_to_the_shards(run: Output) -> None:
    found = of_run(run, scale=1000, max_epochs={"zh": 4, "rest": 15})
    caps = {"zh": 4, "en": 15, "el": 15, "sv": 15}
    assert sum(line.wanted for line in found.languages) == sum(line.wanted for line in found.sources) == TOTAL
    for line in found.languages:
        assert line.have == 1000 * run.ledger.total(stage="write", lang=line.name).tokens
        assert line.cap == caps[line.name]
        assert line.planned <= line.cap * line.have
        assert line.epochs == (line.planned / line.have if line.have else None)
        assert line.shortfall == max(0, line.wanted - line.planned)
        if line.have:
            repeated = max(0, line.planned / line.have - 1)
            used = min(line.have, line.planned)
            law = used + used * 15.387756 * (1 - exp(-repeated / 15.387756))
            assert line.effective == pytest.approx(law, rel=1e-6)
            assert line.effective <= line.planned
    for name in ("have", "planned", "effective"):
        assert len({sum(getattr(line, name) for line in lines) for lines in (found.languages, found.sources)}) == 1
    # Chinese is short of what is wanted, and the others take over.
    lines = by_name(found.languages)
    assert lines["zh"].shortfall > 0 or lines["en"].shortfall > 0
    assert sum(line.planned for line in found.languages) == min(
        TOTAL, sum(caps[li.name] * li.have for li in found.languages)
    )


def test_the_raw_input_is_all_that_was_read(run: Output) -> None:
    found = of_run(run, scale=10)
    read = run.ledger.total(stage="read").bytes
    assert sum(line.raw_bytes for line in found.languages) == pytest.approx(10 * read, abs=4)
    assert {line.name: line.raw_bytes for line in found.sources} == {
        source: 10 * run.ledger.total(stage="read", source=source).bytes for source in run.sources
    }


def test_with_the_raw_input_that_is_needed_nothing_is_short(run: Output) -> None:
    found = of_run(run, shares={"zh": 0.5, "el": 0.5})
    for line in found.languages:
        if line.wanted and line.have:
            assert line.raw_bytes_needed
            grown = 1 + line.raw_bytes_needed / line.raw_bytes
            assert grown * 4 * line.have == pytest.approx(line.wanted, rel=1e-5)  # raw bytes are whole ones
    scaled = of_run(run, scale=max(line.wanted / (4 * line.have) for line in found.languages if line.have) + 1,
                    shares={"zh": 0.5, "el": 0.5})  # fmt: skip
    assert not any(line.shortfall or line.raw_bytes_needed for line in scaled.languages)


def test_lengths_and_clusters_are_those_of_the_shards(run: Output, documents: list[dict[str, Any]]) -> None:
    found = of_run(run)
    lengths: Counter[tuple[str, int]] = Counter()
    clusters: Counter[tuple[str, int]] = Counter()
    for row in documents:
        lengths[row["lang"], max(bound for bound in LENGTH_BOUNDS if bound <= row["n_tokens"])] += row["n_tokens"]
        clusters[row["lang"], 1 << (row["cluster_size"].bit_length() - 1)] += row["n_tokens"]
    assert {(bucket.lang, bucket.at_least): bucket.have for bucket in found.lengths()} == lengths
    assert {(bucket.lang, bucket.at_least): bucket.have for bucket in found.clusters()} == clusters
    assert sum(bucket.docs for bucket in found.lengths()) == len(documents)
    assert max(row["cluster_size"] for row in documents) > 1


def test_long_documents_are_seen_oftener(run: Output) -> None:
    found = of_run(run, shares={"zh": 0.5, "en": 0.5}, max_epochs={}, weights={"n_tokens": {1024: 3}})
    epochs = {
        (bucket.lang, bucket.at_least): bucket.planned / bucket.have for bucket in found.lengths() if bucket.planned
    }
    assert epochs["zh", 1024] == pytest.approx(3 * epochs["zh", 0], rel=1e-4)
    assert epochs["en", 1024] == pytest.approx(3 * epochs["en", 0], rel=1e-4)


def made(wanted: dict[str, Any], *kept: tuple[str, str, int], lost: int = 0) -> Budget:
    """A run that kept half the bytes of each cell, at 5 bytes a token; `lost` bytes of `web` were unreadable."""
    tally, strata = Tally(), []
    tally.add(Key("read", "web", "", "read/not_json"), Counts(1, lost, lost))
    for lang, source, tokens in kept:
        tally.add(Key("read", source, "", KEPT), Counts(2, 10 * tokens, 10 * tokens))
        tally.add(Key("language", source, lang, KEPT), Counts(2, 10 * tokens, 10 * tokens))
        tally.add(Key("quality", source, lang, "quality/x"), Counts(1, 5 * tokens, 5 * tokens))
        tally.add(Key("write", source, lang, KEPT), Counts(1, 5 * tokens, 5 * tokens, tokens))
        strata.append(((lang, source, "0", "1"), (1, 5 * tokens, 5 * tokens, tokens)))
    return budget_of(BudgetSection(**wanted), tally, Strata(strata), ("zh", "en", "sv"), ("web", "books"))


def test_a_language_without_anything_has_no_rate() -> None:
    found = by_name(made({"total_tokens": 100, "shares": {"zh": 0.5, "sv": 0.5}}, ("zh", "web", 5)).languages)
    assert (found["sv"].raw_bytes_needed, found["sv"].epochs, found["sv"].shortfall) == (None, None, 50)
    assert (found["en"].raw_bytes_needed, found["en"].wanted) == (0, 0)


def test_what_was_unreadable_must_be_read_again_too() -> None:
    wanted = {"total_tokens": 80, "shares": {"zh": 1}}
    [zh, *_] = made(wanted, ("zh", "web", 10)).languages
    assert (zh.raw_bytes, zh.raw_bytes_needed) == (100, 100)
    [zh, *_] = made(wanted, ("zh", "web", 10), lost=20).languages
    assert (zh.raw_bytes, zh.raw_bytes_needed) == (120, 120)


def test_without_a_cap_nothing_is_short() -> None:
    [zh, *_] = made({"total_tokens": 80, "shares": {"zh": 1}, "max_epochs": {}}, ("zh", "web", 10)).languages
    assert (zh.cap, zh.epochs, zh.shortfall, zh.raw_bytes_needed) == (None, 8, 0, 0)


def test_what_languages_need_comes_from_their_sources() -> None:
    found = made({"total_tokens": 800, "shares": {"zh": 1}}, ("zh", "web", 10), ("zh", "books", 30))
    [zh, *_] = found.languages
    sources = by_name(found.sources)
    assert zh.raw_bytes_needed == ceil(400 * (800 / 160 - 1))
    assert (sources["web"].raw_bytes_needed, sources["books"].raw_bytes_needed) == (400, 1200)


def test_of_a_source_that_no_language_can_take_more_of_nothing_is_said() -> None:
    # Books are Swedish only, and Swedish is a tenth: half of all cannot be books, however many there are.
    shares = {"shares": {"zh": 0.9, "sv": 0.1}, "sources": {"shares": {"web": 0.5, "books": 0.5}}}
    found = made({"total_tokens": 100, **shares}, ("zh", "web", 1000), ("sv", "books", 1000))
    books = by_name(found.sources)["books"]
    assert (books.wanted, books.planned, books.shortfall, books.raw_bytes_needed) == (50, 10, 40, None)


def test_of_an_empty_run_all_is_missing() -> None:
    found = made({"total_tokens": 100})
    assert sum(line.wanted for line in found.languages) == sum(line.wanted for line in found.sources) == 100
    assert all((line.planned, line.effective, line.have) == (0, 0, 0) for line in (*found.languages, *found.sources))
    assert all(line.raw_bytes_needed is None for line in found.languages)
