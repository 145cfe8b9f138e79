"""Sidecars: JSON beside an item's or a shard's files, written last: from what they were made, and what they are.

One with another fingerprint, or that is not as this version writes it, counts as none: the work is done again. The
order of the fields is that of the keys in the file.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, Protocol, TypeVar

import orjson
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from babelmill.transforms.files.storage import exists, read_bytes
from babelmill.transforms.ledger import KEPT, Row, Tally
from babelmill.transforms.statistics.statistics import PlainStatistics
from babelmill.transforms.write.accounts import ItemAccount, ShardAccount
from babelmill.transforms.write.listed import AuditFile, Digest, HashedFile, IndexFile, ShardFile, TableFile

__all__ = ["ItemParts", "ItemSidecar", "ShardSidecar", "read_sidecar"]


@dataclass(frozen=True, slots=True)
class ItemParts:
    """The files of an item; None for one that it does not have."""

    staged: HashedFile
    signatures: HashedFile
    quarantine: TableFile | None = None
    audit: AuditFile | None = None

    def there(self) -> dict[str, HashedFile | TableFile]:
        """Return the name of each file that there is → the file."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: file for name, file in found.items() if file is not None}


@dataclass(frozen=True, slots=True)
class ItemSidecar:
    """What says that a work item is screened.

    Args:
        fingerprint: SHA-256 of what decides the item's result.
        item: its number.
        source: that it is of.
        files: path of each input file that it has a part of → the file's size in bytes.
        records: path → records that were found there, in this item.
        lost: path → bytes of the file that were not read, in this item; none for a file of which all were.
        parts: its files.
        signatures: (partition, start, end) of each range of its signatures.
        ledger: its rows, of the stages up to the screen.
        statistics: of its documents.
        costs: what it took, by name.
    """

    fingerprint: Digest
    item: int
    source: str
    files: Mapping[str, int]
    records: Mapping[str, int]
    lost: Mapping[str, int]
    parts: ItemParts
    signatures: Sequence[tuple[int, int, int]]
    ledger: Sequence[Row]
    statistics: PlainStatistics
    costs: Mapping[str, float]

    @property
    def account(self) -> ItemAccount:
        """What Commit is told."""
        return ItemAccount(self.item, self.source, self.files, self.records, self.lost, self.costs, self.parts.audit)

    @property
    def told(self) -> dict[str, Any]:
        """What a heartbeat tells of it: documents and bytes of text that were read, those that passed, the costs."""
        tally = Tally(self.ledger)
        read, kept = tally.total(stage="read"), tally.total(stage="quality", outcome=KEPT)
        return {
            "docs": read.docs, "bytes": read.bytes, "kept": kept.docs, "kept_bytes": kept.bytes, "costs": self.costs,
        }  # fmt: skip

    @classmethod
    def load(cls, content: bytes) -> "ItemSidecar":
        """Return the sidecar that some JSON is.

        Raises:
            ValueError: if it is none.
        """
        return _ITEM.validate_python(orjson.loads(content))

    def dump(self) -> bytes:
        """Return the sidecar's content."""
        said = {one.name: getattr(self, one.name) for one in fields(self)}
        return orjson.dumps({**said, "parts": self.parts.there()})


@dataclass(frozen=True, slots=True)
class ShardSidecar:
    """What says that a shard is written.

    Args:
        fingerprint: SHA-256 of what decides the shard's bytes.
        shard: its file.
        index: its index's; None where the run has none.
        ledger: its rows, of the stages `tokens` and `write`.
        strata: its rows.
        costs: what it took, by name.
    """

    fingerprint: Digest
    shard: ShardFile
    index: IndexFile | None
    ledger: Sequence[Row]
    strata: Sequence[Row]
    costs: Mapping[str, float]

    @property
    def account(self) -> ShardAccount:
        """What Commit is told."""
        return ShardAccount(self.shard, self.index, self.costs)

    @property
    def told(self) -> dict[str, Any]:
        """What a heartbeat tells of it: documents, bytes of text, tokens, the costs."""
        shard = self.shard
        return {"docs": shard.rows, "bytes": shard.text_bytes, "tokens": shard.tokens, "costs": self.costs}

    @classmethod
    def load(cls, content: bytes) -> "ShardSidecar":
        """Return the sidecar that some JSON is.

        Raises:
            ValueError: if it is none.
        """
        return _SHARD.validate_python(orjson.loads(content))

    def dump(self) -> bytes:
        """Return the sidecar's content."""
        return orjson.dumps(self)


_ITEM, _SHARD = TypeAdapter(ItemSidecar), TypeAdapter(ShardSidecar)


class _Sidecar(Protocol):
    @property
    def fingerprint(self) -> str: ...


_Kind = TypeVar("_Kind", bound=_Sidecar)


def read_sidecar(load: Callable[[bytes], _Kind], path: str, fingerprint: str) -> _Kind | None:
    """Return a sidecar; None where there is none, it is damaged, or it was made from something else.

    Args:
        load: `ItemSidecar.load` or `ShardSidecar.load`.
        path: of the sidecar.
        fingerprint: of what it would be made from now.
    """
    if not exists(path):
        return None
    try:
        found = load(read_bytes(path))
    except ValueError:
        return None
    return found if found.fingerprint == fingerprint else None
