"""The queue: local processes take work items from one list, the largest first, whoever is free.

Beam deals the elements of a stage out before it begins, the n-th to worker n modulo their number, and nobody takes over
what another has not begun: of 33 items of 0.2 to 12 CPU seconds, eight workers make half of what they could. So
a worker's first element is its turn to screen whatever nobody has taken, until nothing is left, and its other elements
find nothing to do. Engines that balance work themselves get one element an item, and no queue.

    work/queue    how many are taken: uint64; then, the largest item first, where its line is in work/items.jsonl:
                  two uint64 each, little-endian
"""

import fcntl
from collections.abc import Iterator, Sequence

import numpy as np

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.storage import read_bytes, read_range, write_bytes
from babelmill.transforms.read.items import Item
from babelmill.transforms.work import WorkFolder

__all__ = ["lay_out_queue", "taken"]

_COUNT = np.dtype("<u8")
_LINE = np.dtype([("start", "<u8"), ("end", "<u8")])


def lay_out_queue(work: WorkFolder, items: Sequence[Item]) -> None:
    """Write the queue of the items that are laid out; nothing of it is taken.

    Args:
        work: of the run, on this machine.
        items: as they stand in its list, line by line.

    Raises:
        WorldError: if it cannot be written.
    """
    sizes = np.array([len(line) + 1 for line in read_bytes(work.items).splitlines()], np.uint64)
    lines = np.zeros(len(sizes), _LINE)
    lines["end"] = np.cumsum(sizes)
    lines["start"] = lines["end"] - sizes
    # The largest last would be alone at the end.
    order = np.argsort([-item.work for item in items], kind="stable")
    write_bytes(work.queue, np.zeros(1, _COUNT).tobytes() + lines[order].tobytes())


def taken(work: WorkFolder) -> Iterator[bytes]:
    """Take items until none is left; yield their lines.

    Args:
        work: of the run.

    Raises:
        WorldError: if queue or list cannot be read.
    """
    while line := _next(work.queue):
        start, end = np.frombuffer(line, _LINE)[0].tolist()
        yield read_range(work.items, start, end - start)


def _next(path: str) -> bytes:
    """Return the next entry, and count it as taken; nothing where all are."""
    try:
        with open(path, "r+b", buffering=0) as queue:
            # The lock goes with the file, whatever becomes of the process.
            fcntl.flock(queue, fcntl.LOCK_EX)
            count = int.from_bytes(queue.read(_COUNT.itemsize), "little")
            queue.seek(0)
            queue.write((count + 1).to_bytes(_COUNT.itemsize, "little"))
            queue.seek(_COUNT.itemsize + count * _LINE.itemsize)
            return queue.read(_LINE.itemsize)
    except OSError as error:
        raise WorldError(f"cannot take an item from {path}: {error}") from error
