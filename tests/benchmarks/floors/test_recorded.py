"""Floors: what is read from callgrind's files, and what counts as a problem."""

from pathlib import Path

import pytest

from tests.benchmarks.floors.callgrind import Counted, counts_in
from tests.benchmarks.floors.recorded import MARGIN, OTHER_MARGIN, Recorded, compare, load, margin, problems, save

INPUT = {"documents": 3, "bytes": 1_000, "sha256": "0f"}


def recorded(**instructions: int) -> Recorded:
    return Recorded({"valgrind": "3.19.0"}, INPUT, instructions)


def counted(**instructions: int) -> Counted:
    return Counted(INPUT, instructions)


def dump(folder: Path, number: int, trigger: str, total: int) -> None:
    lines = ["version: 1", f"part: {number}", f"desc: Trigger: {trigger}", "events: Ir", "fn=(1) f", "16 5"]
    (folder / f"counts.{number}").write_text("\n".join([*lines, f"totals: {total}", ""]))


def test_counts_are_read_by_their_names_in_the_order_of_the_files(tmp_path: Path) -> None:
    for number, name in enumerate(["read", "pii", *(f"stage {n}" for n in range(9))], 1):
        dump(tmp_path, number, f"Client Request: {name}", number * 100)
    dump(tmp_path, 12, "Program termination", 7)
    (tmp_path / "counts").write_text("desc: Trigger: Program termination\ntotals: 9\n")
    found = counts_in(tmp_path)
    assert list(found)[:3] == ["read", "pii", "stage 0"]
    assert found["stage 8"] == 1_100
    assert len(found) == 11


@pytest.mark.parametrize(("now", "wrong"), [(1_000, False), (1_050, False), (1_051, True), (10, False), (2_000, True)])
def test_only_growth_beyond_the_margin_is_a_problem(now: int, wrong: bool) -> None:
    found = problems(recorded(read=1_000, pii=500), counted(read=now, pii=500), 0.05)
    assert [problem.split()[0] for problem in found] == ["read"] * wrong


@pytest.mark.parametrize(("name", "most"), [("numba", MARGIN), ("python", OTHER_MARGIN), ("valgrind", OTHER_MARGIN)])
def test_another_python_or_valgrind_has_a_wider_margin(name: str, most: float) -> None:
    versions = {"python": "3.11.7 GCC", "valgrind": "3.19.0", "numba": "0.68.1"}
    before = Recorded({"date": "2026-11-28", **versions}, INPUT, {})
    assert margin(before, versions) == MARGIN
    assert margin(before, {**versions, name: "another"}) == most


def test_stages_that_came_or_went_are_problems() -> None:
    found = problems(recorded(read=10, gone=5), counted(read=10, new=5), MARGIN)
    assert found == ["new was counted but is not recorded", "gone is recorded but was not counted"]


def test_another_sample_is_one_problem_whatever_was_counted() -> None:
    other = Counted({**INPUT, "sha256": "1e"}, {"read": 10_000})
    [found] = problems(recorded(read=10), other, MARGIN)
    assert "sample" in found


def test_lines_are_in_the_order_of_the_job() -> None:
    lines = compare(recorded(gone=5, pii=200, read=100), counted(read=110, pii=100))
    assert [(line.stage, round(line.growth, 3)) for line in lines] == [("read", 0.1), ("pii", -0.5), ("gone", -1.0)]


def test_what_is_recorded_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "floors.json"
    save(recorded(read=123, pii=45), path)
    assert load(path) == recorded(read=123, pii=45)
    # A line a stage, for the reviewer.
    assert '    "read": 123,' in path.read_text().splitlines()


def test_the_recorded_floors_are_whole() -> None:
    found = load()
    assert {"read", "pii", "language", "quality", "sign", "stage", "tokens", "write", "deduplicate"} == set(
        found.instructions
    )
    assert all(count > found.input["bytes"] for count in found.instructions.values())
    assert not problems(found, Counted(found.input, found.instructions), MARGIN)
