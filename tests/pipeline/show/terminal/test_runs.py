"""The runs on the terminal: the last ones, nothing that a stranger wrote moves the cursor."""

from rich.console import Console

from babelmill.pipeline.corpus.run_log import Entry
from babelmill.pipeline.show.terminal.runs import plain_runs, runs_table

ENTRY = Entry(
    started="2026-11-28T14:40:16Z", ended="2026-11-28T14:42:16Z", how="finished", seconds=120,
    command="babelmill run c", host="vm", system="Linux", processors=2, workers=1, versions={"python": "3.11"},
    items=33, screened=2, reused=31, cpu_s={"launcher": 60.0, "workers": 5.0}, stage_cpu_s={"read": 1.0, "sign": 3.0},
    peak_bytes={"launcher": 10**9, "worker": 1, "workers": 2 * 10**8},
)  # fmt: skip


def shown(*entries: Entry) -> list[str]:
    console = Console(record=True, width=80, file=open("/dev/null", "w"))
    with console.file:
        console.print(runs_table(entries))
        return [line.rstrip() for line in console.export_text().splitlines()]


def test_a_run_is_a_row() -> None:
    lines = shown(ENTRY)
    [row] = [line for line in lines if line.startswith("2026")]
    assert row.split() == "2026-11-28 14:40:16 finished 2 min 2 of 33 1 min 5 s 1.2 GB".split()
    assert "the last one: babelmill run c" in lines
    assert "on: vm, Linux, 2 processors, 1 worker" in lines
    assert "CPU seconds: sign 3.0, read 1.0" in lines


def test_of_a_run_that_goes_on_little_is_known() -> None:
    [row] = [line for line in shown(Entry(started="2026-11-28T14:40:16Z")) if line.startswith("2026")]
    assert row.split()[2:] == ["running", *["–"] * 4]


def test_without_a_run() -> None:
    assert "No run is noted here" in " ".join(shown())


def test_the_last_twenty_are_shown() -> None:
    lines = shown(*(Entry(started=f"2026-{number:04}") for number in range(30)))
    assert [line[:9] for line in lines if line.startswith("2026-")] == [f"2026-{number:04}" for number in range(10, 30)]


def test_a_strangers_log_is_inert() -> None:
    stranger = Entry(started="\x1b[2J", how="failed", error="\x1b[1m\nx", host="\x07", command="\x9b", ended="x")
    assert not [line for line in shown(stranger) if not line.isprintable()]


def test_as_json() -> None:
    [row] = plain_runs([ENTRY])
    assert row["how"] == "finished"
    assert row["stage_cpu_s"] == {"read": 1.0, "sign": 3.0}
