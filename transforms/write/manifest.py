"""The manifest: the commit. Written last, and whole or not at all; readers trust only what it lists."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import apache_beam as beam
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from transforms.costs import FIXED, Costs, fixed_part
from transforms.errors import RejectedError
from transforms.ledger import LEDGER, Counts, Key, Row, Tally, check_laws
from transforms.storage import find_below, join, open_file, remove, write_bytes
from transforms.work import WorkFolder
from transforms.write.tables import read_parts, write_table

__all__ = ["FORMAT", "MANIFEST", "Commit", "Terms", "dump_manifest", "ledger_message", "totals"]

MANIFEST = "manifest.json"
FORMAT = 1
"""Version of the output's layout; a reader refuses a newer one."""


class Terms(NamedTuple):
    """What a run promised before it began.

    `identity` is what stands in the manifest of configuration, code, models and tokenizer; `removals` and `quarantine`
    are the schemas of the two tables.
    """

    output: str
    work: WorkFolder
    identity: dict[str, Any]
    max_rejected_ratio: float
    audit: bool
    removals: pa.Schema
    quarantine: pa.Schema


class Commit(beam.DoFn):  # type: ignore[misc]
    """(0, JSON from every item, shard, note and cost; packed ledger rows) → the manifest's path.

    Checks the laws, merges removals and quarantine in input order, writes the ledger, removes shards that are not this
    run's, and writes the manifest.

    Raises:
        LawError: if the account does not add up.
        RejectedError: if too many records were unreadable.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[str]:
        """Commit the run."""
        tally, costs, items, shards, shard_costs = Tally(), Costs(), [], [], []
        notes: dict[str, int] = {}
        for message in map(orjson.loads, element[1]):
            costs.merge(message.get("costs", {}))
            if "ledger" in message:
                key, counts = message["ledger"]
                tally.add(Key(*key), Counts(*counts))
            elif "records" in message:
                items.append(message)
            elif "shard" in message:
                shards.append(message["shard"])
                shard_costs.append((message["shard"]["text_bytes"], message["costs"]))
            elif "note" in message:
                notes[message["note"]] = notes.get(message["note"], 0) + message["count"]
        items.sort(key=lambda item: item["item"])
        shards.sort(key=lambda shard: shard["path"])
        numbers = [item["item"] for item in items]
        check_laws(tally, _records(items))
        terms = self._terms
        tables = {
            "removals": self._table("removals", terms.removals, read_parts(map(terms.work.removals, numbers))),
            "quarantine": self._table("quarantine", terms.quarantine, read_parts(map(terms.work.quarantine, numbers))),
            "ledger": self._table("ledger", LEDGER, [tally.table()]),
        }
        self._check_rejected(tally)
        manifest = {
            "format": FORMAT,
            **terms.identity,
            "totals": totals(tally, shards),
            "inputs": _inputs(items),
            "shards": shards,
            "tables": tables,
            "notes": dict(sorted(notes.items())),
        }
        self._remove_foreign([shard["path"] for shard in shards], numbers)
        sums = {"items": len(items), **costs.sums, **_fixed(shard_costs)}
        write_bytes(terms.work.costs, orjson.dumps(sums, option=orjson.OPT_INDENT_2))
        path = join(terms.output, MANIFEST)
        write_bytes(path, dump_manifest(manifest))
        yield path

    def _table(self, name: str, schema: pa.Schema, parts: Iterable[pa.Table]) -> dict[str, Any]:
        return write_table(join(self._terms.output, f"{name}.parquet"), schema, parts)._asdict()

    def _check_rejected(self, tally: Tally) -> None:
        """Raise if more records were unreadable than allowed, and say which file and reason led."""
        read, kept = tally.total(stage="read").docs, tally.total(stage="read", outcome="kept").docs
        limit = self._terms.max_rejected_ratio
        if read - kept <= limit * read:
            return
        with open_file(join(self._terms.output, "quarantine.parquet")) as file:
            rows = pq.read_table(file, columns=["path", "reason"])
        counted = rows.group_by(["path", "reason"]).aggregate([([], "count_all")]).to_pylist()
        worst = max(counted, key=lambda row: (row["count_all"], row["path"], row["reason"]))
        raise RejectedError(
            f"{read - kept} of {read} records were unreadable, more than max_rejected_ratio {limit:g} allows; "
            f"most: {worst['count_all']} x {worst['reason']} in {worst['path']} "
            f"(all of them: {join(self._terms.output, 'quarantine.parquet')})"
        )

    def _remove_foreign(self, shards: list[str], items: list[int]) -> None:
        """Remove shards and audit parts of an earlier run: readers of the hive folders take every file."""
        terms = self._terms
        ours = {join(terms.output, path) for path in shards}
        if terms.audit:
            ours |= set(map(terms.work.audit, items))
        for pattern in ("data/lang=*/*", "audit/part-*.parquet"):
            remove(file.path for file in find_below(terms.output, pattern) if file.path not in ours)


def _fixed(shards: list[tuple[int, dict[str, float]]]) -> dict[str, float]:
    """Return the part of each of the shards' costs that does not depend on a shard's size."""
    names = {name for _, costs in shards for name in costs}
    sizes = [size for size, _ in shards]
    return {FIXED + name: fixed_part(sizes, [costs.get(name, 0.0) for _, costs in shards]) for name in sorted(names)}


def _records(items: list[dict[str, Any]]) -> dict[str, int]:
    """Return source to records in its files."""
    records: dict[str, int] = {}
    for item in items:
        records[item["source"]] = records.get(item["source"], 0) + sum(item["records"].values())
    return records


def _inputs(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row an input file: path, size, source, records."""
    rows: dict[str, dict[str, Any]] = {}
    for item in items:
        for path, size in item["files"].items():
            row = rows.setdefault(path, {"path": path, "source": item["source"], "bytes": size, "records": 0})
            row["records"] += item["records"].get(path, 0)
    return list(rows.values())


def totals(tally: Tally, shards: list[dict[str, Any]]) -> dict[str, int]:
    """Return the sums that a manifest says of a run."""
    read, written = tally.total(stage="read"), tally.total(stage="write")
    return {
        "documents_read": read.docs,
        "documents": written.docs,
        "text_bytes": written.bytes,
        "characters": written.chars,
        "tokens": written.tokens,
        "shards": len(shards),
    }


def dump_manifest(manifest: dict[str, Any]) -> bytes:
    """Return the manifest's file: its content, and at the end the SHA-256 of that content."""
    content = {key: value for key, value in manifest.items() if key != "sha256"}
    digest = hashlib.sha256(orjson.dumps(content)).hexdigest()
    return orjson.dumps({**content, "sha256": digest}, option=orjson.OPT_INDENT_2)


def ledger_message(row: Row) -> tuple[int, bytes]:
    """Pack a ledger row for Commit."""
    return 0, orjson.dumps({"ledger": row})
