"""What every peer's script does: read the race's documents, take the CPU seconds, print a line of JSON a stage.

Standard library only: it runs in the peer's own environment.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

__all__ = ["Race", "best_of", "joined_by_bands", "once", "report"]

Made = TypeVar("Made")
_ENOUGH_S = 10
"""Of what takes so long one call is as good as the best of some."""


class Race(NamedTuple):
    """What a script is started with: the race's folder, and files that all use."""

    folder: Path
    tokenizer: str
    """Path of a tokenizer.json."""
    language_model: str
    """Path of lid.176.ftz."""
    repeats: int
    """The best of how many runs counts."""

    @classmethod
    def started(cls) -> "Race":
        """Read the arguments of this process."""
        folder, tokenizer, model, repeats = sys.argv[1:]
        return cls(Path(folder), tokenizer, model, int(repeats))

    def texts(self, name: str) -> dict[str, list[str]]:
        """Return language → texts of `documents.jsonl` or `pairs.jsonl`."""
        found: dict[str, list[str]] = {}
        with open(self.folder / name, encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                found.setdefault(row["lang"], []).append(row["text"])
        return found


def once(work: Callable[[], Made]) -> tuple[float, Made]:
    """Return the CPU seconds of a call, all threads of the process together, and what it made."""
    started = time.process_time()
    made = work()
    return time.process_time() - started, made


def best_of(repeats: int, work: Callable[[], object]) -> float:
    """Return the least CPU seconds of some calls and one that warms up; after ten seconds there are no more of them."""
    spent: list[float] = []
    while len(spent) <= repeats and sum(spent) < _ENOUGH_S:
        spent.append(once(work)[0])
    return min(spent)


def report(stage: str, setting: str, cpu_s: dict[str, float], **told: Any) -> None:
    """Print a stage's result.

    Args:
        stage: its name in the table.
        setting: what the peer was told to do.
        cpu_s: language → CPU seconds of all its documents; `all` for what has no languages.
        told: what quality is judged by: `labels`, `joined`, `ids`.
    """
    print(json.dumps({"stage": stage, "setting": setting, "cpu_s": cpu_s, **told}), flush=True)


def joined_by_bands(bands: Iterable[Iterable[object]]) -> list[tuple[int, int]]:
    """Return the pairs of documents that have a band in common: each with the first that has it.

    Args:
        bands: the bands of each document; the place in it belongs to a band.
    """
    return sorted(set(_meetings(bands)))


def _meetings(bands: Iterable[Iterable[object]]) -> Iterator[tuple[int, int]]:
    first: dict[tuple[int, object], int] = {}
    for number, document in enumerate(bands):
        for place, value in enumerate(document):
            other = first.setdefault((place, value), number)
            if other != number:
                yield other, number
