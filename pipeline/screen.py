"""Screen: one work item through reading and every stage that looks at one document at a time, into a staged file.

An item is one unit of work on purpose: its batches never become elements of a PCollection, and its sidecar, written
last, makes it idempotent. A retry, or a second run, finds the sidecar and does the work only if something that
decided it has changed.
"""

import glob
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import apache_beam as beam
import orjson
import pyarrow as pa

from pipeline.code_version import code_version
from transforms.carried import check_files, located, moved
from transforms.costs import Costs
from transforms.dedup.removals import STAGED
from transforms.dedup.signature_file import RECORD, SignatureWriter, signature_messages
from transforms.errors import WorldError
from transforms.ledger import Tally
from transforms.parquet import write_table
from transforms.personal.mask import Mask, Masking
from transforms.read.limits import Limits
from transforms.read.reader import Reading
from transforms.read.sources import Item, Source
from transforms.stages import Book, Step
from transforms.statistics.statistics import Statistics, by_lang
from transforms.storage import creating, find, read_bytes, remove, write_bytes
from transforms.warm import warm_steps
from transforms.work import WorkFolder, read_sidecar
from transforms.write.staged import StagedWriter

__all__ = ["ListItems", "Screen", "ScreenRecipe"]


class ScreenRecipe(NamedTuple):
    """What all items have in common; `digest` is of everything here that decides what comes out."""

    sources: tuple[Source, ...]
    mask: Mask
    steps: tuple[Step, ...]
    steps_digest: str
    """Their fingerprint when the run was planned, files by their bytes."""
    schema: pa.Schema
    """Of the staged files."""
    work: WorkFolder
    partitions: int
    exact: bool
    by_reference: bool
    limits: Limits
    audit: bool
    signals: tuple[str, ...]
    """Columns that there are histograms of."""
    seed: int
    digest: str

    def fingerprint(self, item: Item) -> str:
        """Return the SHA-256 of what decides an item's result: recipe, source, files with their sizes and times."""
        source = self.sources[item.rank]
        parts = [self.digest, source.source, source.text, source.id, source.url, source.date, item.dump().decode()]
        return hashlib.sha256(orjson.dumps(parts)).hexdigest()


class ListItems(beam.DoFn):  # type: ignore[misc]
    """Anything → (item number, its JSON) of every work item: the graph holds one path, however many files there are.

    The first thing that a worker does, so here it is refused if its code is not the launcher's.
    """

    def __init__(self, path: str, code: str) -> None:
        self._path, self._code = path, code

    def process(self, element: bytes) -> Iterator[tuple[int, bytes]]:
        """Read the list in the work folder."""
        if self._code != code_version():
            raise WorldError(
                f"the worker has the code {code_version()}, the launcher {self._code}: build its image anew"
            )
        for line in read_bytes(self._path).splitlines():
            yield Item.load(line).number, line


class Screen(beam.DoFn):  # type: ignore[misc]
    """(number, [item]) → (number, STAGED message).

    Tagged `signatures`: (partition, packed REFERENCE or RECORD); `ledger`: the item's rows; `statistics`: (language,
    JSON); `items`: (0, JSON) with source, files and records.
    """

    def __init__(self, recipe: ScreenRecipe) -> None:
        self._recipe = recipe

    def setup(self) -> None:
        """Find the models on this machine, load them, and check that they are those of the plan."""
        self._recipe = self._recipe._replace(steps=moved(self._recipe.steps, located))
        warm_steps(self._recipe.steps, self._recipe.sources[0].source)
        check_files(self._recipe.steps, self._recipe.steps_digest)

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[object]:
        """Screen one item, or find it done."""
        number, [line] = element
        self._recipe.work.check_current()
        item = Item.load(line)
        fingerprint = self._recipe.fingerprint(item)
        sidecar = self._finished(item, fingerprint) or self._screen(item, fingerprint)
        # Also when nothing was done: the sidecar's time tells progress that the item is accounted for.
        write_bytes(self._recipe.work.sidecar(number), orjson.dumps(sidecar))
        yield number, STAGED + bytes.fromhex(fingerprint)
        for message in signature_messages(number, sidecar["signatures"], self._recipe.work, self._recipe.by_reference):
            yield beam.pvalue.TaggedOutput("signatures", message)
        for row in Tally(sidecar["ledger"]).rows():
            yield beam.pvalue.TaggedOutput("ledger", row)
        for part in by_lang(sidecar["statistics"]):
            yield beam.pvalue.TaggedOutput("statistics", part)
        about = {name: sidecar[name] for name in ("item", "source", "files", "records", "costs")}
        about["audit_bytes"] = sidecar["parts"].get("audit")
        yield beam.pvalue.TaggedOutput("items", (0, orjson.dumps(about)))

    def _finished(self, item: Item, fingerprint: str) -> dict[str, Any] | None:
        """Return the item's sidecar if it is there, was made from the same, and its files are there whole."""
        work = self._recipe.work
        sidecar = read_sidecar(work.sidecar(item.number), fingerprint)
        return sidecar if sidecar and sidecar["parts"] == _sizes(work, item.number) else None

    def _screen(self, item: Item, fingerprint: str) -> dict[str, Any]:
        """Do the work of an item and return its sidecar."""
        recipe, work, number = self._recipe, self._recipe.work, item.number
        remove([work.sidecar(number)])
        statistics, costs = Statistics(), Costs()
        dropped: list[pa.RecordBatch] = []

        def reject(batch: pa.RecordBatch) -> None:
            statistics.drop(batch, recipe.signals, recipe.seed)
            if recipe.audit:
                dropped.append(batch)

        book = Book(reject=reject)
        mask = Masking(recipe.mask, book.tally) if recipe.mask.kinds else None
        reading = Reading(item, recipe.sources[item.rank], recipe.limits, mask)
        with ExitStack() as files:
            staged_file = files.enter_context(creating(work.staged(number)))
            files.callback(lambda: costs.add("bytes/staged", staged_file.tell()))
            staged = files.enter_context(StagedWriter(staged_file, recipe.schema))
            signatures = SignatureWriter(
                files.enter_context(creating(work.signatures(number))), recipe.partitions, recipe.exact
            )
            for batch in costs.each("read", reading.batches(book.tally)):
                for step in recipe.steps:
                    with costs.timed(step.stage):
                        batch = step(batch, book)
                with costs.timed("stage"):
                    staged.add(batch)
                    signatures.add(batch)
                with costs.timed("statistics"):
                    statistics.keep(batch, recipe.signals)
            with costs.timed("stage"):
                signatures.flush()
                files.close()
        costs.add("bytes/signatures", sum(end - start for _, start, end in signatures.ranges) * RECORD.itemsize)
        quarantine = reading.quarantine()
        statistics.refuse(quarantine, item.source, recipe.seed)
        _write_part(work.quarantine(number), quarantine, kind="table", name="quarantine")
        _write_part(work.audit(number), _joined(dropped), kind="audit")
        return {
            "fingerprint": fingerprint,
            "item": number,
            "source": item.source,
            "files": {piece.path: piece.size for piece in item.pieces},
            "records": dict(reading.records),
            "parts": _sizes(work, number),
            "signatures": signatures.ranges,
            "ledger": book.tally.rows(),
            "statistics": statistics.plain(),
            "costs": costs.sums,
        }


def _sizes(work: WorkFolder, number: int) -> dict[str, int]:
    """Return which files there are of an item, and their bytes."""
    paths = {
        "staged": work.staged(number),
        "signatures": work.signatures(number),
        "quarantine": work.quarantine(number),
        "audit": work.audit(number),
    }
    return {name: file.size for name, path in paths.items() for file in find(glob.escape(path))}


def _joined(batches: list[pa.RecordBatch]) -> pa.Table:
    """Return the dropped documents of all stages as one table; earlier stages have fewer columns."""
    tables = [pa.Table.from_batches([batch]) for batch in batches]
    return pa.concat_tables(tables, promote_options="default") if tables else pa.table({})


def _write_part(path: str, table: pa.Table, **footer: str) -> None:
    """Write a part file, or remove the one of an earlier attempt where there is nothing to write."""
    if not len(table):
        remove([path])
        return
    write_table(path, table, **footer)
