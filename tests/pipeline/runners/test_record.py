"""The record of a run: how it ended, what it took, and no secret and no document in it."""

import contextlib
import re
from pathlib import Path

import pytest

from babelmill.pipeline.corpus.run_log import Entry, read_log
from babelmill.pipeline.job.plan import Plan
from babelmill.pipeline.runners.record import Record
from babelmill.pipeline.runners.tracker import Tracker
from babelmill.transforms.errors import LawError, RunError, WorldError


def ended(plan: Plan, error: BaseException | None = None, command: str = "babelmill run c.yaml") -> Entry:
    """Return what is noted of a run that ends so."""
    tracker = Tracker(plan, 0)
    sums = {"docs": 10, "bytes": 1000, "kept": 5, "kept_bytes": 500}
    for number, reused in ((0, True), (1, False)):
        told = {"of": "item", "key": number, "ended": True, "reused": reused, "costs": {"cpu_s/read": 1.5}, **sums}
        tracker.hear({**told, "process": number + 1, "peak": 10 * (number + 1)}, 1)
    with contextlib.suppress(type(error) if error else ()):
        with Record(plan, tracker, "local", 2, command) as record:
            record.begin()
            [begun] = [entry for entry in read_log(plan.config.output) if entry.how == "running"]
            assert not begun.ended
            if error:
                raise error
    return read_log(plan.config.output)[-1]


def test_a_run_that_ended_well(plan: Plan) -> None:
    entry = ended(plan)
    assert entry.how == "finished"
    assert entry.error == ""
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry.started)
    assert entry.ended >= entry.started
    assert (entry.items, entry.screened, entry.reused) == (2, 1, 1)
    assert (entry.records, entry.text_bytes) == (20, 2000)
    assert entry.stage_cpu_s == {"read": 1.5}
    assert entry.peak_bytes["worker"] == 20
    assert entry.peak_bytes["workers"] == 30
    assert entry.peak_bytes["launcher"] > 10 << 20
    assert entry.cpu_s.keys() == {"launcher", "workers"}
    assert {"babelmill", "code", "python", "numpy", "pyarrow"} <= entry.versions.keys()
    assert (entry.workers, entry.runner) == (2, "local")


@pytest.mark.parametrize(
    ("error", "how", "told"),
    [
        (KeyboardInterrupt(), "interrupted", ""),
        (WorldError("cannot read /x: no"), "failed", "WorldError: cannot read /x: no"),
        (LawError("does not add up"), "failed", "LawError: does not add up"),
        (RunError("mine:Rule gave the reason 'all of a document'"), "failed", "RunError"),
        (ValueError("all of a document"), "failed", "ValueError"),
        (WorldError("https://me:pw@host/a?sig=0a1b"), "failed", "WorldError: https://***@host/a?sig=***"),
    ],
)
def test_a_run_that_did_not(plan: Plan, error: BaseException, how: str, told: str) -> None:
    entry = ended(plan, error)
    assert entry.how == how
    assert entry.error == told
    assert entry.ended


def test_runs_stand_one_below_the_other(plan: Plan) -> None:
    ended(plan, KeyboardInterrupt())
    ended(plan)
    assert [entry.how for entry in read_log(plan.config.output)] == ["interrupted", "finished"]


def test_a_command_without_its_secrets(plan: Plan) -> None:
    entry = ended(plan, command="babelmill run c.yaml -- --job_endpoint=me:pw@host --api_key=abc --set x=s3://a:b@c/d")
    assert "abc" not in entry.command
    assert "a:b" not in entry.command
    assert entry.command.startswith("babelmill run c.yaml")


def test_a_run_that_never_began_leaves_nothing(plan: Plan) -> None:
    with pytest.raises(WorldError), Record(plan, Tracker(plan, 0), "local", 1):
        raise WorldError("somebody else is at it")
    assert not Path(plan.config.output).exists()


def test_a_log_that_cannot_be_written_is_no_failure(plan: Plan) -> None:
    Path(plan.work.log).mkdir(parents=True)
    with Record(plan, Tracker(plan, 0), "local", 1) as record:
        record.begin()
    assert list(Path(plan.work.log).iterdir()) == []
