"""The work folder: where a run keeps what its stages hand to each other. It may go once the manifest stands.

work/items.jsonl          the work items, in input order
work/slots                which slot each of them has, where that is not its number
work/queue                which of them local workers have taken (pipeline/job/queue.py)
work/lock                 who writes into the output just now
work/run.json             what the last run was made from, to tell what has changed since
work/current              the token of the run that may write here: another's job stops at its next step
work/owned.json           which files of the output are ours (transforms/write/owned.py)
work/taken_back.json      the manifest of an earlier run, until its first shard is written over
work/earlier.jsonl        the index files of earlier runs, numbered like items behind them
work/items/0000012.json   the sidecar of the item in slot 12: written last, says that it is finished and from what
                  .parquet staged documents   .sig signatures   .quarantine unreadable records
work/regrouped/0000000-00002.sig  signatures of several items from item 0 on, some partitions; gone at the end
work/settled/0000012.parquet  .removals         what deduplication kept and removed of the item
work/shards/zh-00003.json a shard's sidecar
work/run.log              a line of JSON for each run into this output, however it ended (pipeline/corpus/run_log.py)
work/costs.json           CPU seconds and bytes of the whole run, for estimates: measured, so never the same twice

An item's number is its place in the input: it is in ranks and messages, and never in a file of the item's. Its slot is
in the names of its files, and stays the same when a file in front of it comes or goes.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.storage import exists, join, read_bytes, remove, write_bytes

__all__ = ["MESSAGE_BYTES", "PART_BITS", "ROW_BYTES", "SETTLED", "WorkFolder", "pieces", "weights"]

MESSAGE_BYTES = 1 << 20
"""What one message through a shuffle holds, about and at the most: runners keep several in memory, and services refuse
what is too large."""

SETTLED = pa.schema(
    [
        ("row", pa.uint32()),
        ("lang", pa.string()),
        ("order", pa.uint64()),
        ("place", pa.int64()),
        ("weight", pa.int64()),
        ("cluster_size", pa.int32()),
    ]
)
"""What deduplication hands to the shards: a kept document's row in the staged file, and what decides its shard."""
PART_BITS = 20
"""Bits of a part's number in the key of a file of regrouped signatures, behind the number of its first item."""
ROW_BYTES = "row_bytes"
"""Column of the staged files: what a document takes in memory there, in all columns."""
_MOST_COLUMNS = 4
"""How many times its text a document's columns are at the most, as a rule: 200 bytes of text have some 600 beside."""


def weights(table: pa.Table) -> npt.NDArray[np.int64]:
    """Return what documents count in the size of their shard: int64[n].

    That is their bytes of text; of a short text with long columns, a URL for one, a quarter of all its bytes. So a
    shard of `target_bytes` has, in all columns, four times as many at the most.

    Args:
        table: the columns n_bytes and ROW_BYTES.
    """
    text, all_columns = (table[name].to_numpy().astype(np.int64) for name in ("n_bytes", ROW_BYTES))
    found: npt.NDArray[np.int64] = np.maximum(text, all_columns // _MOST_COLUMNS)
    return found


_Row = TypeVar("_Row", bound=np.generic)


def pieces(rows: npt.NDArray[_Row], bytes_each: int = 0) -> Iterator[npt.NDArray[_Row]]:
    """Cut an array so that each piece is a message.

    Args:
        rows: any array of one dimension.
        bytes_each: what a row takes in the message; its own size where 0.
    """
    step = max(1, MESSAGE_BYTES // (bytes_each or rows.dtype.itemsize))
    for start in range(0, len(rows), step):
        yield rows[start : start + step]


@lru_cache(maxsize=2)
def _slots(path: str, token: str) -> npt.NDArray[np.uint32]:
    """Return the slots of a run; none where each item's is its number."""
    return np.frombuffer(read_bytes(path), "<u4") if exists(path) else np.empty(0, np.uint32)


class WorkFolder(NamedTuple):
    """The paths of a run's work files. Names follow from the item alone, so a retry overwrites.

    Args:
        output: the run's output folder.
        token: of the run that writes; empty for one that only reads.
    """

    output: str
    token: str = ""

    @property
    def base(self) -> str:
        """The work folder itself."""
        return join(self.output, "work")

    @property
    def costs(self) -> str:
        """What the run took."""
        return join(self.base, "costs.json")

    @property
    def log(self) -> str:
        """The runs into this output."""
        return join(self.base, "run.log")

    @property
    def lock(self) -> str:
        """Who writes into the output."""
        return join(self.base, "lock")

    @property
    def run(self) -> str:
        """Configuration, code, models and tokenizer of the last run."""
        return join(self.base, "run.json")

    @property
    def current(self) -> str:
        """The token of the run that may write here."""
        return join(self.base, "current")

    def check_current(self) -> None:
        """Go on only if no other run has begun here, and this one was not cancelled.

        An engine may go on with a job whose launcher is gone or has cancelled it: every step that writes asks first.

        Raises:
            WorldError: otherwise.
        """
        if self.token and read_bytes(self.current).decode() != self.token:
            raise WorldError(f"{self.output}: another run has begun here, or this one was cancelled; it stops")

    @property
    def taken_back(self) -> str:
        """The manifest of an earlier run whose files are all still there."""
        return join(self.base, "taken_back.json")

    @property
    def refused(self) -> str:
        """Why the last run was refused at its end; there is none after any other."""
        return join(self.base, "refused.txt")

    @property
    def owned(self) -> str:
        """Which files of the output are ours."""
        return join(self.base, "owned.json")

    @property
    def queue(self) -> str:
        """The order in which local workers take the items, and how many are taken."""
        return join(self.base, "queue")

    @property
    def slots(self) -> str:
        """The slot of each item, those of earlier runs' index files among them: uint32, little-endian."""
        return join(self.base, "slots")

    def slot(self, item: int) -> int:
        """Return the number that an item has in the names of its files.

        Args:
            item: its number.

        Raises:
            WorldError: if the list of slots cannot be read.
        """
        # Without a token nobody says when the list is another one.
        found = _slots(self.slots, self.token) if self.token else _slots.__wrapped__(self.slots, "")
        return int(found[item]) if item < len(found) else item

    def give_slots(self, slots: Sequence[int]) -> None:
        """Write down the slot of each item, before anything of the run is written."""
        if list(slots) == list(range(len(slots))):
            remove([self.slots])
        else:
            write_bytes(self.slots, np.array(slots, "<u4").tobytes())
        _slots.cache_clear()

    def _of_item(self, folder: str, item: int, suffix: str) -> str:
        return join(self.base, folder, f"{self.slot(item):07d}{suffix}")

    @property
    def items(self) -> str:
        """One work item a line."""
        return join(self.base, "items.jsonl")

    @property
    def earlier(self) -> str:
        """One index file of an earlier run a line."""
        return join(self.base, "earlier.jsonl")

    def sidecar(self, item: int) -> str:
        """Say that an item is finished, what it was made from, and what came of it."""
        return self._of_item("items", item, ".json")

    def staged(self, item: int) -> str:
        """Documents that passed the screen."""
        return self._of_item("items", item, ".parquet")

    def signatures(self, item: int) -> str:
        """Their signatures."""
        return self._of_item("items", item, ".sig")

    def regrouped(self, key: int) -> str:
        """Signatures of several items, in order of partition (transforms/dedup/exchange.py)."""
        return join(self.base, "regrouped", f"{key >> PART_BITS:07d}-{key & ((1 << PART_BITS) - 1):05d}.sig")

    def quarantine(self, item: int) -> str:
        """Unreadable records."""
        return self._of_item("items", item, ".quarantine")

    def audit_part(self, item: int) -> str:
        """Return where an item's dropped documents are, below the output: they are to be read."""
        return f"audit/part-{self.slot(item):07d}.parquet"

    def audit(self, item: int) -> str:
        """Documents that a rule dropped."""
        return join(self.output, *self.audit_part(item).split("/"))

    def settled(self, item: int) -> str:
        """What deduplication kept of an item."""
        return self._of_item("settled", item, ".parquet")

    def removals(self, item: int) -> str:
        """What deduplication removed of an item."""
        return self._of_item("settled", item, ".removals")

    def shard(self, lang: str, number: int) -> str:
        """Say that a shard is finished, and from what."""
        return join(self.base, "shards", f"{lang}-{number:05d}.json")
