"""Floors: no stage may take 5 % more instructions than floors.json says. Instructions, not seconds: they do not depend
on the machine's load.

    python -m tests.benchmarks.floors            compare; fails where a stage has grown
    python -m tests.benchmarks.floors --record   write floors.json: a reviewed change

Where there is no valgrind nothing is counted, which a line says; where there is one, it has to work.
"""

import argparse
import platform
import sys
from datetime import UTC, datetime
from importlib import metadata

from rich.console import Console
from rich.table import Table

from tests.benchmarks.floors.callgrind import TARGET, Counted, count, version, why_not
from tests.benchmarks.floors.recorded import FILE, MARGIN, Recorded, compare, load, margin, problems, save

RECORD = "make floors RECORD=--record"


def made_with() -> dict[str, str]:
    """Return what a count depends on apart from the code."""
    libraries = {name: metadata.version(name) for name in ("numba", "numpy", "pyarrow", "tokenizers")}
    return {
        "python": f"{platform.python_version()} {platform.python_compiler()}",
        "valgrind": version(),
        "target": TARGET,
        **libraries,
    }


def show(recorded: Recorded, counted: Counted) -> None:
    """Print a line a stage: instructions for each byte of text, recorded and counted."""
    size = counted.input["bytes"]
    table = Table(title=f"Instructions a byte, {size / 1e6:.2f} MB of text", title_justify="left", box=None)
    for column in ("stage", "recorded", "counted", "growth"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for line in compare(recorded, counted):
        figures = f"{line.recorded / size:.2f}", f"{line.counted / size:.2f}", f"{line.growth:+.2%}"
        table.add_row(line.stage, *figures)
    Console(highlight=False).print(table)


def main() -> int:
    """Count, and compare or record; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="write what is counted to floors.json")
    record = parser.parse_args().record
    if reason := why_not():
        print(f"{reason}: no instructions are counted, the floors are not checked")
        return int(record)
    counted, versions = count(), made_with()
    if record:
        made = {"date": datetime.now(UTC).date().isoformat(), **versions}
        save(Recorded(made, counted.input, counted.instructions))
    recorded = load()
    show(recorded, counted)
    if lower := [line.stage for line in compare(recorded, counted) if line.growth < -MARGIN]:
        print(f"{', '.join(lower)}: fewer than recorded; hold on to it by `{RECORD}`")
    found = problems(recorded, counted, margin(recorded, versions))
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        others = {key: value for key, value in versions.items() if recorded.made_with.get(key) != value}
        print(
            f"recorded with other versions: now {others}" if others else "the same versions as recorded",
            file=sys.stderr,
        )
        print(f"if it has to be, record it by `{RECORD}` and say why in the commit ({FILE.name})", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
