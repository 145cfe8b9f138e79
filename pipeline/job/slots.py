"""Slots: which files of the work folder are whose, when files among the input come and go.

An item that the last run had is known again by its source and its pieces, wherever it stands now, and keeps its slot:
so a file more in front of a thousand others costs what it holds itself. New items, and the index files of earlier runs,
take the lowest slots that are free.
"""

import itertools
from collections import defaultdict

from babelmill.pipeline.job.plan import Plan
from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.bounded_json import read_lines
from babelmill.transforms.files.storage import exists
from babelmill.transforms.read.items import Item

__all__ = ["find_slots"]


def find_slots(plan: Plan) -> list[int]:
    """Return the slot of each work item, and then of each index file of an earlier run.

    Reads the list of items of the last run into the same output; where there is none that can be read, each item's slot
    is its number. Call it before that list is written anew.
    """
    before = _slots_before(plan.work.items)
    kept = [before[item.key].pop() if before.get(item.key) else None for item in plan.items]
    taken = {slot for slot in kept if slot is not None}
    free = (slot for slot in itertools.count() if slot not in taken)
    return [next(free) if slot is None else slot for slot in [*kept, *(None for _ in plan.old_files)]]


def _slots_before(path: str) -> dict[bytes, list[int]]:
    """Return an item's key → its slots in the last run, the lowest last: one, if no file is named twice."""
    found: dict[bytes, list[int]] = defaultdict(list)
    try:
        for line in reversed(list(read_lines(path) if exists(path) else ())):
            item = Item.load(line)
            found[item.key].append(item.slot)
    except (WorldError, ValueError, TypeError):
        return {}
    return found
