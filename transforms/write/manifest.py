"""Commit: the manifest. Written last, and whole or not at all; readers trust only what it lists."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import apache_beam as beam
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from babelmill.transforms.costs import FIXED, Costs, fixed_part
from babelmill.transforms.errors import EmptyError, LawError, RejectedError
from babelmill.transforms.files.removal import remove_below
from babelmill.transforms.files.storage import exists, join, open_file, publish, read_bytes, remove, write_bytes
from babelmill.transforms.files.temporaries import named_finally
from babelmill.transforms.ledger import LEDGER, Counts, Key, Row, Tally, check_laws
from babelmill.transforms.statistics.distinct import DISTINCT
from babelmill.transforms.statistics.histograms import STATISTICS
from babelmill.transforms.statistics.samples import SAMPLES
from babelmill.transforms.statistics.statistics import Statistics
from babelmill.transforms.unknown import too_much_lost
from babelmill.transforms.work import WorkFolder, audit_path
from babelmill.transforms.write.audit import AuditSum, broken_audit
from babelmill.transforms.write.audit_list import AUDIT_LIST, AuditPart, dump_audit_list
from babelmill.transforms.write.manifest_file import FORMAT, MANIFEST, dump_manifest, totals
from babelmill.transforms.write.owned import NOBODY, OUTPUTS, listed_by, ours_on_disk, read_owned
from babelmill.transforms.write.put_back import put_back
from babelmill.transforms.write.samples import sample_table
from babelmill.transforms.write.strata import STRATA, Strata, broken_strata
from babelmill.transforms.write.tables import read_parts, write_table

__all__ = ["Commit", "Terms", "broken_shards", "ledger_message", "statistics_message"]


class Terms(NamedTuple):
    """What a run promised before it began.

    `identity` is what stands in the manifest of configuration, code, models and tokenizer; `removals`, `superseded` and
    `quarantine` are the schemas of the tables; `index_parameters` what another run must share to use the index;
    `old_items` the numbers of the files that this one took up; `thresholds` is a table, of what every signal must be in
    every language; `cards` makes files for people of the manifest, the ledger, and what stands in the file already:
    name → content, None to leave the file as it is; `audit` whether dropped documents are kept.
    """

    output: str
    work: WorkFolder
    identity: dict[str, Any]
    max_rejected_ratio: float
    max_unknown_ratio: float
    removals: pa.Schema
    superseded: pa.Schema
    quarantine: pa.Schema
    index_parameters: dict[str, Any]
    old_items: range
    thresholds: pa.Table
    cards: Mapping[str, Callable[[dict[str, Any], Tally, str | None], str | None]]
    audit: bool


class Commit(beam.DoFn):  # type: ignore[misc]
    """(0, JSON from every item, shard, note and cost; packed ledger rows and strata) → the manifest's path.

    Checks the laws, merges removals and quarantine in input order, writes the tables, removes what earlier runs wrote
    and this one did not, and writes the cards and the manifest. `superseded` are documents of earlier runs for which
    new ones were kept.

    Raises:
        LawError: if the account does not add up.
        RejectedError: if too many records were unreadable, or too much of a language has no token.
        EmptyError: if no document was kept, and the output has a corpus of an earlier run: that stays as it was.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[str]:
        """Commit the run."""
        self._terms.work.check_current()
        tally, costs, items, shards, shard_costs = Tally(), Costs(), [], [], []
        index, counted = [], []
        notes: dict[str, int] = {}
        statistics = Statistics()
        for message in map(orjson.loads, element[1]):
            costs.merge(message.get("costs", {}))
            if "ledger" in message:
                key, counts = message["ledger"]
                tally.add(Key(*key), Counts(*counts))
            elif "stratum" in message:
                counted.append(message["stratum"])
            elif "statistics" in message:
                statistics.take(message["statistics"])
            elif "records" in message:
                items.append(message)
            elif "shard" in message:
                shards.append(message["shard"])
                shard_costs.append((message["shard"]["text_bytes"], message["costs"]))
                index += [message["index"]] if message["index"] else []
            elif "note" in message:
                notes[message["note"]] = notes.get(message["note"], 0) + message["count"]
        items.sort(key=lambda item: item["item"])
        shards.sort(key=lambda shard: shard["path"])
        index.sort(key=lambda file: file["path"])
        numbers = [item["item"] for item in items]
        check_laws(tally, _records(items))
        if not shards and (documents := put_back(self._terms.work)):
            raise EmptyError(
                f"no document was kept, and {self._terms.output} has {documents:,} of an earlier run: they stay as "
                "they are; choose another output, or remove that one first"
            )
        strata = Strata(counted)
        if broken := [*broken_shards(shards, tally), *broken_strata(strata, tally)]:
            raise LawError("the shards do not add up:\n  " + "\n  ".join(broken))
        terms = self._terms
        tables = {
            "removals": self._table("removals", terms.removals, read_parts(map(terms.work.removals, numbers))),
            "quarantine": self._table("quarantine", terms.quarantine, read_parts(map(terms.work.quarantine, numbers))),
            "ledger": self._table("ledger", LEDGER, [tally.table()]),
            "tokens": self._table("tokens", STRATA, [strata.table()]),
            "statistics": self._table("statistics", STATISTICS, [statistics.histograms.table()]),
            "samples": self._table("samples", SAMPLES, [sample_table(statistics.samples, terms.work)]),
            "urls": self._table("urls", DISTINCT, [statistics.urls.table()]),
            "thresholds": self._table("thresholds", terms.thresholds.schema, [terms.thresholds]),
        }
        if terms.old_items:
            parts = read_parts(map(terms.work.removals, terms.old_items))
            tables["superseded"] = self._table("superseded", terms.superseded, parts)
        self._check_rejected(tally)
        if found := too_much_lost(tally.rows(), terms.max_unknown_ratio):
            raise RejectedError(
                f"unknown tokens, and characters without a token: {found}; more than tokens.max_unknown_ratio "
                f"{terms.max_unknown_ratio:g} allows for a language"
            )
        manifest = {
            "format": FORMAT,
            **terms.identity,
            "totals": totals(tally, shards),
            "inputs": _inputs(items),
            "shards": shards,
            "tables": tables,
            "index": {"parameters": terms.index_parameters, "files": index} if index else None,
            "audit": _audit(items, tally)._asdict() if terms.audit else None,
            "notes": dict(sorted(notes.items())),
        }
        audited = _audit_parts(items)
        self._remove_earlier({*listed_by(manifest), AUDIT_LIST, *(part.path for part in audited)})
        write_bytes(join(terms.output, *AUDIT_LIST.split("/")), dump_audit_list(audited))
        for name, card in terms.cards.items():
            _write_card(join(terms.output, name), partial(card, manifest, tally))
        sums = {"items": len(items), **costs.sums, **_fixed(shard_costs)}
        write_bytes(terms.work.costs, orjson.dumps(sums, option=orjson.OPT_INDENT_2))
        path = join(terms.output, MANIFEST)
        terms.work.check_current()
        publish(path, dump_manifest(manifest))
        remove([terms.work.taken_back])
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

    def _remove_earlier(self, listed: set[str]) -> None:
        """Remove what is ours and not this run's: readers of the hive folders take every file that is there."""
        output = self._terms.output
        owned = read_owned(output) or NOBODY
        found = (path for path in ours_on_disk(output, owned, OUTPUTS) if not named_finally(path))
        remove_below(output, [path for path in found if path not in listed])


def _audit_parts(items: list[dict[str, Any]]) -> list[AuditPart]:
    """Return the parts of the audit, in input order."""
    parts = [(audit_path(item["item"]), item["audit"]) for item in items if item["audit"]]
    return [AuditPart(path, part["file_bytes"], part["sha256"], part["rows"]) for path, part in parts]


def _audit(items: list[dict[str, Any]], tally: Tally) -> AuditSum:
    """Return the sum of the audit's parts.

    Raises:
        LawError: if that is not what the ledger says was dropped before deduplication.
    """
    found = AuditSum()
    for part in (item["audit"] for item in items if item["audit"]):
        found = found.plus(AuditSum(part["rows"], part["text_bytes"], part["digest"]))
    if broken := broken_audit(found, tally):
        raise LawError("the audit does not add up:\n  " + "\n  ".join(broken))
    return found


def _write_card(path: str, card: Callable[[str | None], str | None]) -> None:
    """Write a file for people; what is there already decides what becomes of it."""
    content = card(read_bytes(path).decode(errors="surrogateescape") if exists(path) else None)
    if content is not None:
        write_bytes(path, content.encode(errors="surrogateescape"))


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


def broken_shards(shards: list[dict[str, Any]], tally: Tally) -> list[str]:
    """Return where the listed shards differ from what `write` booked, by language; a sentence each."""
    booked = {lang: counts for (stage, lang), counts in tally.by("stage", "lang").items() if stage == "write"}
    listed: dict[str, tuple[int, ...]] = {}
    for shard in shards:
        before = listed.get(shard["lang"], (0, 0, 0))
        listed[shard["lang"]] = before[0] + shard["rows"], before[1] + shard["text_bytes"], before[2] + shard["tokens"]
    broken = []
    for lang in sorted(booked.keys() | listed.keys()):
        counts = booked.get(lang, Counts())
        found = zip(listed.get(lang, (0, 0, 0)), (counts.docs, counts.bytes, counts.tokens), strict=True)
        for name, (of_shards, of_ledger) in zip(("documents", "bytes of text", "tokens"), found, strict=True):
            if of_shards != of_ledger:
                broken.append(f"{lang}: {of_shards} {name} in the manifest's shards, {of_ledger} in the ledger")
    return broken


def ledger_message(row: Row) -> tuple[int, bytes]:
    """Pack a ledger row for Commit."""
    return 0, orjson.dumps({"ledger": row})


def statistics_message(part: tuple[str, bytes]) -> tuple[int, bytes]:
    """Pack the statistics of a language for Commit."""
    return 0, b'{"statistics":' + part[1] + b"}"
