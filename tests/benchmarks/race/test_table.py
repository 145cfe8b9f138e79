"""The race's table, and that it stands between its markers and nowhere else."""

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.race.corpus import Corpus
from tests.benchmarks.race.peers import PEERS, Failed, Result, results_of, run
from tests.benchmarks.race.table import BEGIN, END, OURS, STAGES, Setup, rates, replaced, text_of

CORPUS = Corpus(
    Path("nowhere"),
    {"en": ["a" * 3_000_000], "zh": ["中" * 1_000_000]},
    {"en": ["a b c d e f", "a b c d e f"], "zh": ["一二三四五六", "七八九十百千"]},
)
SETUP = Setup("2026-11-28", "make race", "One of 2 cores (a processor, load 0), Python 3.11", 3)


def result(who: str, stage: str, en: float, zh: float, **told: Any) -> Result:
    return Result(who, stage, "a setting", {"en": en, "zh": zh}, told)


def rows_of(text: str) -> list[list[str]]:
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_rates_are_of_all_bytes_over_all_seconds() -> None:
    assert rates(result("x", "quality", 1, 0.5), CORPUS.bytes) == {"en": 3.0, "zh": 6.0, "all": 4.0}
    assert rates(Result("x", "job", "", {"all": 2.0}, {}), CORPUS.bytes) == {"all": 3.0}


def test_ours_is_first_then_the_fastest_with_ratios() -> None:
    results = [
        result("slow 1", "quality", 10, 10),
        result("fast 2", "quality", 1, 1),
        result(OURS, "quality", 2, 2),
    ]
    rows = rows_of(text_of(SETUP, CORPUS, results, []))
    assert [row[1] for row in rows] == [OURS, "fast 2", "slow 1"]
    assert [row[5] for row in rows] == ["", "0.5", "5.0"]


def test_quality_stands_beside_speed() -> None:
    results = [
        result(OURS, "language", 1, 1, labels={"en": ["en"], "zh": ["ja"]}),
        result(OURS, "signature", 1, 1, joined={"en": [[0, 1]], "zh": [[0, 1]]}),
        result(OURS, "tokens", 1, 1, ids={"en": ["1"], "zh": ["2"]}),
        result("tokenizers 0.1", "tokens", 1, 1, ids={"en": ["1"], "zh": ["3"]}),
        Result(OURS, "job", "a setting", {"all": 1.0}, {"start_s": 3.25}),
    ]
    said = {(row[0], row[1]): row[-1] for row in rows_of(text_of(SETUP, CORPUS, results, []))}
    assert said[STAGES["language"], OURS] == "language of the file 0.500"
    assert said[STAGES["signature"], OURS] == "found: en 1.00, zh 1.00; joined wrongly: 1"
    assert said[STAGES["tokens"], OURS] == "documents with equal ids 0.5000"
    assert said[STAGES["tokens"], "tokenizers 0.1"] == "the reference"
    assert said[STAGES["job"], OURS] == "start-up 3.2 CPU s apart"


def test_a_stage_that_nobody_ran_has_no_row_and_who_is_absent_is_named() -> None:
    text = text_of(SETUP, CORPUS, [result(OURS, "quality", 1, 1)], [Failed("daft 0.7", "not installed: no network")])
    assert [row[0] for row in rows_of(text)] == [STAGES["quality"]]
    assert "* daft 0.7: not installed: no network." in text.splitlines()


def test_the_text_between_the_markers_is_replaced_in_place() -> None:
    document = f"before\n\n{BEGIN}\nold\n{END}\n\nafter\n"
    once = replaced(document, "new | text")
    assert once == f"before\n\n{BEGIN}\nnew | text\n{END}\n\nafter\n"
    assert replaced(once, "old") == document


def test_a_document_without_markers_gets_a_section() -> None:
    once = replaced("before\n", "the table")
    assert once == f"before\n\n## The race\n\n{BEGIN}\nthe table\n{END}\n"
    assert replaced(once, "the table") == once


@pytest.mark.parametrize("document", [BEGIN, END, f"{END}\n{BEGIN}", f"{BEGIN}{END}{BEGIN}{END}", f"{BEGIN}{END}{END}"])
def test_a_document_with_one_marker_is_left_alone(document: str) -> None:
    with pytest.raises(ValueError, match="once each"):
        replaced(document, "new")


def test_results_are_the_lines_of_json() -> None:
    printed = 'a library\n{"stage": "job", "setting": "s", "cpu_s": {"all": 2}, "start_s": 1}\nmore\n'
    assert results_of("x", printed) == [Result("x", "job", "s", {"all": 2}, {"start_s": 1})]


def test_a_script_that_stops_is_named_with_what_it_reported_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "ours")
    line = '{"stage": "job", "setting": "s", "cpu_s": {"all": 2}}'
    code = f"import os; print('{line}'); raise SystemExit(os.environ.get('PYTHONPATH', 'of its own'))"
    reported, [stopped] = run("x 1", [sys.executable, "-c", code])
    assert reported == [Result("x 1", "job", "s", {"all": 2}, {})]
    assert stopped == Failed("x 1", "stopped before its end: of its own")


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_every_version_of_a_peers_environment_is_pinned(peer: Any) -> None:
    pinned = dict(line.split("==") for line in peer.constraints.read_text().splitlines())
    names = {name.lower().replace("_", "-") for name in pinned}
    assert {found.partition("[")[0].lower() for found in peer.requirements} <= names
    assert peer.version.split()[1] == pinned[peer.requirements[0].partition("[")[0]]
    assert (Path(__file__).parent / "scripts" / f"{peer.name}_peer.py").exists()
