"""The run log: an entry a run, the earlier ones kept, and nothing that a stranger wrote in it breaks the next."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from babelmill.pipeline.corpus import run_log
from babelmill.pipeline.corpus.run_log import Entry, read_log, write_log
from babelmill.transforms.work import WorkFolder
from babelmill.transforms.write.owned import NOBODY

ENTRIES = st.builds(
    Entry,
    started=st.just("2026-11-28T14:40:16Z"),
    how=st.sampled_from(["finished", "failed", "interrupted"]),
    error=st.text(st.characters(exclude_categories=["Cs"]), max_size=50),
    seconds=st.floats(0, 1e6),
    workers=st.integers(0, 256),
    versions=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), st.just("1"), max_size=3),
    cpu_s=st.dictionaries(st.sampled_from(["launcher", "workers"]), st.floats(0, 1e6)),
    peak_bytes=st.dictionaries(st.just("launcher"), st.integers(0, 1 << 40)),
)


@given(entries=st.lists(ENTRIES, min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]) -> None:
    output = str(tmp_path_factory.mktemp("log"))
    for number, entry in enumerate(entries):
        write_log(output, read_log(output), entry)
        assert read_log(output) == entries[: number + 1]


def test_there_may_be_none(tmp_path: Path) -> None:
    assert read_log(str(tmp_path)) == []


def test_a_run_that_never_said_how_it_ended_was_killed(tmp_path: Path) -> None:
    output = str(tmp_path)
    write_log(output, [], Entry(started="a"))
    assert [entry.how for entry in read_log(output)] == ["running"]
    write_log(output, read_log(output), Entry(started="b"))
    assert [entry.how for entry in read_log(output)] == ["killed", "running"]


def test_the_oldest_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_log, "_ENTRIES", 3)
    output = str(tmp_path)
    for name in "abcde":
        write_log(output, read_log(output), Entry(started=name, how="finished"))
    assert [entry.started for entry in read_log(output)] == ["c", "d", "e"]


@pytest.mark.parametrize(
    "line",
    [b"", b"\xff\x00", b"{}", b"[1]", b'{"started": 5}', b'{"started": "a", "how": "well"}', b"[" * 10_000,
     b'{"started": "a", "seconds": -1}', b'{"started": "a", "cpu_s": {"x": 1e999}}',
     b'{"started": "' + b"a" * 99_999 + b'"}'],
)  # fmt: skip
def test_lines_that_are_no_entry_are_passed_over(tmp_path: Path, line: bytes) -> None:
    path = Path(WorkFolder(str(tmp_path)).log)
    path.parent.mkdir()
    path.write_bytes(line + b'\n{"started": "b", "how": "finished"}\n' + line)
    assert [entry.started for entry in read_log(str(tmp_path))] == ["b"]


def test_it_is_ours_by_its_name() -> None:
    assert NOBODY.has("work/run.log")
    assert not NOBODY.has("work/run.log.bak")
