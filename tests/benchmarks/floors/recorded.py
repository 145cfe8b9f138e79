"""The recorded counts, floors.json, and what a new count says beside them."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks.floors.callgrind import Counted

__all__ = ["FILE", "MARGIN", "OTHER_MARGIN", "Line", "Recorded", "compare", "load", "margin", "problems", "save"]

FILE = Path(__file__).with_name("floors.json")
MARGIN = 0.05
"""A stage may take so much more than was recorded; the same code, compiled and counted again, differs by ≤ 0.8 %."""
OTHER_MARGIN = 0.10
"""The same with another Python or valgrind: of two builds of Python 3.11 `read` differs by 7 %, the rest by 1 %."""


class Recorded(NamedTuple):
    """What floors.json has."""

    made_with: dict[str, str]
    """Date, versions, target."""
    input: dict[str, Any]
    """As in `Counted`."""
    instructions: dict[str, int]
    """A line a stage: this is what a reviewer looks at."""


class Line(NamedTuple):
    """A stage, recorded and counted; 0 where it was not."""

    stage: str
    recorded: int
    counted: int

    @property
    def growth(self) -> float:
        """How much more was counted, as a share of what was recorded."""
        return self.counted / self.recorded - 1 if self.recorded else 0.0


def load(path: Path = FILE) -> Recorded:
    """Read the recorded counts."""
    return Recorded(**json.loads(path.read_text()))


def margin(recorded: Recorded, made_with: dict[str, str]) -> float:
    """Return how much more a stage may take where it is counted with these versions."""
    same = all(recorded.made_with.get(name) == made_with[name] for name in ("python", "valgrind"))
    return MARGIN if same else OTHER_MARGIN


def save(recorded: Recorded, path: Path = FILE) -> None:
    """Write counts as the recorded ones."""
    path.write_text(json.dumps(recorded._asdict(), indent=2) + "\n")


def compare(recorded: Recorded, counted: Counted) -> list[Line]:
    """Return a line a stage, in the order in which they were counted; those that were not come last."""
    stages = dict.fromkeys([*counted.instructions, *recorded.instructions])
    return [Line(name, recorded.instructions.get(name, 0), counted.instructions.get(name, 0)) for name in stages]


def problems(recorded: Recorded, counted: Counted, most: float) -> list[str]:
    """Return a sentence for each thing that is not as recorded; what became faster is no problem.

    `most` is how much more a stage may take, as a share.
    """
    if recorded.input != counted.input:
        return [f"the sample is another one than was recorded ({recorded.input} then, {counted.input} now)"]
    found = []
    for line in compare(recorded, counted):
        if not line.counted:
            found.append(f"{line.stage} is recorded but was not counted")
        elif not line.recorded:
            found.append(f"{line.stage} was counted but is not recorded")
        elif line.counted > line.recorded * (1 + most):
            found.append(f"{line.stage} takes {line.growth:.1%} more instructions than recorded ({most:.0%} may be)")
    return found
