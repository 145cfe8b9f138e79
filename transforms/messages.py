"""Messages to Commit: what stages say of a run. Each is a tag byte and JSON, so that its kind is never guessed at.

Every one is an element (0, message) of one PCollection, which Commit gets whole.
"""

from collections.abc import Mapping

import orjson

from babelmill.transforms.ledger import Row

__all__ = [
    "COSTS",
    "ITEM",
    "LEDGER_ROW",
    "NOTE",
    "SHARD",
    "STATISTICS",
    "STRATUM",
    "costs_message",
    "ledger_message",
    "note_message",
    "statistics_message",
    "stratum_message",
]

LEDGER_ROW, STRATUM, STATISTICS, COSTS, NOTE = b"L", b"T", b"S", b"C", b"N"
"""First byte of a message: a row of the ledger, summed up; of the strata; the statistics of a language; what work took;
how often something happened."""
ITEM, SHARD = b"I", b"W"
"""Of what an item and a shard say of themselves: `ItemAccount` and `ShardAccount` of transforms/write/accounts.py."""


def ledger_message(row: Row) -> tuple[int, bytes]:
    """Pack a ledger row."""
    return 0, LEDGER_ROW + orjson.dumps(row)


def stratum_message(row: Row) -> tuple[int, bytes]:
    """Pack a stratum, in a ledger row's types."""
    return 0, STRATUM + orjson.dumps(row)


def statistics_message(part: tuple[str, bytes]) -> tuple[int, bytes]:
    """Pack the statistics of a language: its code, and what `SumStatistics` gives."""
    return 0, STATISTICS + part[1]


def costs_message(sums: Mapping[str, float]) -> tuple[int, bytes]:
    """Pack what some work took: `Costs.sums`."""
    return 0, COSTS + orjson.dumps(sums)


def note_message(note: str, count: int) -> tuple[int, bytes]:
    """Pack how often something happened that the manifest notes."""
    return 0, NOTE + orjson.dumps([note, count])
