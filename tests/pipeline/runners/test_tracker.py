"""The tracker: what is heard is added up once, and no step is ever more than done."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from babelmill.pipeline.job.plan import Plan
from babelmill.pipeline.runners.tracker import Pace, Tracker


def item(number: int, docs: int = 10, reused: bool = False) -> dict[str, Any]:
    sums = {"docs": docs, "bytes": 100 * docs, "kept": docs // 2, "kept_bytes": 50 * docs}
    return {"of": "item", "key": number, "ended": True, "reused": reused, "costs": {"cpu_s/read": 2.0}, **sums}


def at(number: int, share: float, docs: int = 5) -> dict[str, Any]:
    return {"of": "item", "key": number, "piece": 0, "share": share, "docs": docs, "bytes": 100 * docs}


def shard(number: int, ended: bool = True) -> dict[str, Any]:
    told = {"of": "shard", "key": f"part-{number}", "docs": 5, "bytes": 500, "tokens": 150}
    return {**told, "ended": True, "reused": False, "costs": {"cpu_s/write": 1.0}} if ended else told


def steps(tracker: Tracker, now: float = 10.0) -> dict[str, tuple[float | None, str]]:
    return {bar.name: (bar.done, ", ".join(bar.details)) for bar in tracker.bars(now)}


def test_before_the_first_document(plan: Plan) -> None:
    tracker = Tracker(plan, 0)
    assert steps(tracker) == {"screen": (0.0, "0 of 2 items, loading models and kernels"), "": (None, "10 s so far")}
    tracker.hear({"of": "kernels", "key": "", "done": 54, "all": 179}, 1)
    assert steps(tracker)["compile"] == (54 / 179, "54 of 179 kernels, once for this version")


def test_bytes_inside_an_item_count(plan: Plan) -> None:
    tracker = Tracker(plan, 0)
    tracker.hear(at(0, 0.5), 1)
    done, told = steps(tracker)["screen"]
    assert done == pytest.approx(0.25)
    assert told == "0 of 2 items, 5 documents"
    tracker.hear(at(0, 1.0, 10), 2)
    tracker.hear(item(0), 2)
    assert steps(tracker)["screen"] == (pytest.approx(0.5), "1 of 2 items, 10 documents, 500 B/s, 50% kept")


def test_what_is_reused_is_told_and_has_no_speed(plan: Plan) -> None:
    tracker = Tracker(plan, 0)
    tracker.hear(item(0, reused=True), 1)
    tracker.hear(item(1, docs=20), 2)
    assert tracker.reused == "1 of 2 items reused"
    assert steps(tracker)["screen"][1] == "2 of 2 items, 1 reused, 30 documents, 2 kB/s, 50% kept"
    assert tracker.screened_bytes == 2000
    assert tracker.cpu == {"read": 2.0}


def test_a_run_from_its_first_item_to_its_commit(plan: Plan) -> None:
    tracker = Tracker(plan, 0)
    for number in (0, 1):
        tracker.hear(item(number), number)
    assert steps(tracker)["dedup"] == (None, "")
    partitions = tracker._all_partitions
    assert partitions == 2 * plan.partitions
    for number in range(partitions):
        tracker.hear({"of": "partition", "key": number, "ended": True, "costs": {"cpu_s/dedup": 0.5}}, 3)
    assert steps(tracker)["dedup"] == (partitions / (partitions + 2), f"{partitions} of {partitions} partitions")
    tracker.hear({"of": "settled", "key": 0, "docs": 5, "bytes": 500, "costs": {"cpu_s/settle": 0.1}}, 4)
    assert steps(tracker)["dedup"][1] == f"{partitions} of {partitions} partitions, 1 of 2 items settled"
    tracker.hear({"of": "settled", "key": 1, "docs": 5, "bytes": 500, "costs": {}}, 4)
    assert steps(tracker)["dedup"][0] == 1.0
    tracker.hear({"of": "shards", "key": 0, "planned": 2}, 5)
    tracker.hear(shard(0, ended=False), 5)
    assert steps(tracker)["write"] == (0.5, "0 of 2 shards, 150 tokens")
    tracker.hear(shard(0), 6)
    assert "commit" not in steps(tracker)
    tracker.hear(shard(1), 7)
    assert steps(tracker)["write"] == (1.0, "2 of 2 shards, 300 tokens, 250 B/s")
    assert steps(tracker)["commit"] == (None, "laws, tables, manifest")
    assert tracker.cpu == {"read": 4.0, "dedup": 0.5 * partitions, "settle": 0.1, "write": 2.0}


def test_what_is_told_twice_counts_once(plan: Plan) -> None:
    tracker = Tracker(plan, 0)
    for told in (item(0), item(0), at(0, 0.1), shard(0), shard(0), shard(0, ended=False)):
        tracker.hear(told, 1)
    assert tracker.read["docs"] == 10
    assert tracker.shards == {"part-0": False}
    assert tracker.cpu == {"read": 2.0, "write": 1.0}


def test_of_workers_elsewhere_only_what_is_finished_is_known(plan: Plan) -> None:
    tracker = Tracker(plan, 0)
    for number in (0, 1):
        tracker.hear(item(number), 1)
    tracker.hear(shard(0), 2)
    assert steps(tracker)["dedup"] == (1.0, "")
    assert steps(tracker)["write"] == (0.5, "1 shards, 150 tokens")


@pytest.mark.parametrize(
    "told",
    [
        {}, {"of": "item"}, {"of": "item", "key": 99, "ended": True, "reused": False}, {"of": "?", "key": 1},
        {"of": "item", "key": "x", "ended": True}, {"of": "shard", "key": 1}, {"of": "partition", "key": None},
        {"of": "shards", "key": 0, "planned": "many"}, {"of": "item", "key": 0, "piece": 0}, [], 7,
        {"of": "item", "key": 0, "piece": 0, "share": "all", "docs": 1, "bytes": 1}, {**at(0, 0.0), "piece": -5},
        {**at(99, 0.5)},
    ],
)  # fmt: skip
def test_what_is_no_heartbeat_is_passed_over(plan: Plan, told: Any) -> None:
    tracker = Tracker(plan, 0)
    tracker.hear(told, 1)
    assert steps(tracker)["screen"][0] == 0.0


MESSAGES = st.one_of(
    st.builds(item, st.integers(0, 1), st.integers(0, 50), st.booleans()),
    st.builds(at, st.integers(0, 1), st.floats(0, 1), st.integers(0, 50)),
    st.builds(shard, st.integers(0, 3), st.booleans()),
    st.builds(lambda key: {"of": "partition", "key": key, "ended": True}, st.integers(0, 20)),
    st.builds(lambda key: {"of": "settled", "key": key, "bytes": 700}, st.integers(0, 1)),
    st.builds(lambda planned: {"of": "shards", "key": 0, "planned": planned}, st.integers(0, 4)),
)


@given(messages=st.lists(MESSAGES, max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_in_whatever_order_they_come_a_step_can_be_drawn(plan: Plan, messages: list[dict[str, Any]]) -> None:
    tracker = Tracker(plan, 0)
    for now, told in enumerate(messages):
        tracker.hear(told, now)
        screen, *_ = tracker.bars(now)
        assert screen.done is not None
        assert 0 <= screen.done <= 1 + 1e-9
        assert tracker.line(now)
    assert sum(tracker.items.values()) <= len(tracker.items) <= 2


@given(amounts=st.lists(st.floats(0.1, 100), min_size=3, max_size=50), step=st.floats(0.1, 10), whole=st.floats(1, 1e6))
def test_a_steady_pace_foretells_its_end(amounts: list[float], step: float, whole: float) -> None:
    pace, now = Pace(), 0.0
    for number in range(len(amounts)):
        now = number * step
        pace.saw(now, number * whole / 1000)
    left = pace.left(now, whole - whole * (len(amounts) - 1) / 1000, whole)
    told = now >= 5 and len(amounts) - 1 >= 20
    assert (left is not None) == told
    if left is not None:
        assert left == pytest.approx(step * (1000 - len(amounts) + 1))


def test_time_that_passes_without_news_is_taken_off() -> None:
    pace = Pace()
    for now in range(11):
        pace.saw(now, 10.0 * now)
    assert pace.left(10, 900, 1000) == pytest.approx(90)
    assert pace.left(30, 900, 1000) == pytest.approx(70)
    assert pace.left(500, 900, 1000) == 0
