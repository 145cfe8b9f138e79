"""Accounts: what Commit is told of a run, added up. A message's tag says what it is (transforms/messages.py)."""

from collections import Counter
from collections.abc import Iterable, Mapping

import orjson
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from babelmill.transforms.costs import Costs
from babelmill.transforms.ledger import Counts, Key, Tally
from babelmill.transforms.messages import COSTS, ITEM, LEDGER_ROW, NOTE, SHARD, STATISTICS, STRATUM
from babelmill.transforms.statistics.statistics import Statistics, load_statistics
from babelmill.transforms.write.listed import AuditFile, IndexFile, InputFile, ShardFile
from babelmill.transforms.write.strata import Strata

__all__ = ["Accounts", "ItemAccount", "ShardAccount"]


@dataclass(frozen=True, slots=True)
class ItemAccount:
    """What an item says of itself.

    Args:
        item: its number.
        source: that it is of.
        files: path of each input file that it has a part of → the file's size in bytes.
        records: path → records that were found there, in this item.
        lost: path → bytes of the file that were not read, in this item.
        costs: what it took, by name.
        audit: the file of its dropped documents; None where there are none.
    """

    item: int
    source: str
    files: Mapping[str, int]
    records: Mapping[str, int]
    lost: Mapping[str, int]
    costs: Mapping[str, float]
    audit: AuditFile | None

    def message(self) -> tuple[int, bytes]:
        """Pack it for Commit."""
        return 0, ITEM + orjson.dumps(self)


@dataclass(frozen=True, slots=True)
class ShardAccount:
    """What a shard says of itself: its file, its index's, and what it took, by name."""

    shard: ShardFile
    index: IndexFile | None
    costs: Mapping[str, float]

    def message(self) -> tuple[int, bytes]:
        """Pack it for Commit."""
        return 0, SHARD + orjson.dumps(self)


_ITEM, _SHARD = TypeAdapter(ItemAccount), TypeAdapter(ShardAccount)


class Accounts:
    """All messages of a run, added up.

    Args:
        messages: in any order; each a tag and what is packed behind it.

    Raises:
        ValueError: if a tag is none of those, or what is behind it is something else: an error of Babelmill itself.
    """

    def __init__(self, messages: Iterable[bytes]) -> None:
        self.tally, self.statistics, self.costs = Tally(), Statistics(), Costs()
        self.notes: dict[str, int] = {}
        items: list[ItemAccount] = []
        shards: list[ShardAccount] = []
        strata = []
        for message in messages:
            tag, packed = message[:1], message[1:]
            if tag == LEDGER_ROW:
                key, counts = orjson.loads(packed)
                self.tally.add(Key(*key), Counts(*counts))
            elif tag == STRATUM:
                strata.append(orjson.loads(packed))
            elif tag == STATISTICS:
                self.statistics.take(load_statistics(packed))
            elif tag == COSTS:
                self.costs.merge(orjson.loads(packed))
            elif tag == NOTE:
                note, count = orjson.loads(packed)
                self.notes[note] = self.notes.get(note, 0) + count
            elif tag == ITEM:
                items.append(_ITEM.validate_python(orjson.loads(packed)))
            elif tag == SHARD:
                shards.append(_SHARD.validate_python(orjson.loads(packed)))
            else:
                raise ValueError(f"internal error: Commit got a message with the tag {tag!r}")
        self.strata = Strata(strata)
        self.items = tuple(sorted(items, key=lambda item: item.item))
        """In input order."""
        self.shards = tuple(sorted(shards, key=lambda shard: shard.shard.path))
        """By path."""
        for costs in (*(item.costs for item in items), *(shard.costs for shard in shards)):
            self.costs.merge(costs)

    @property
    def records(self) -> dict[str, int]:
        """Source → records in its files."""
        records: dict[str, int] = {}
        for item in self.items:
            records[item.source] = records.get(item.source, 0) + sum(item.records.values())
        return records

    @property
    def inputs(self) -> tuple[InputFile, ...]:
        """A row an input file."""
        sources: dict[str, tuple[str, int]] = {}
        records, lost = Counter[str](), Counter[str]()
        for item in self.items:
            for path, size in item.files.items():
                sources.setdefault(path, (item.source, size))
            records.update(item.records)
            lost.update(item.lost)
        return tuple(
            InputFile(path, source, size, records[path], min(size, lost[path]))
            for path, (source, size) in sources.items()
        )
