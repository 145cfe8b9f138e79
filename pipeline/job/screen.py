"""Screen: one work item through reading and every stage that looks at one document at a time, into a staged file.

An item is one unit of work on purpose: its batches never become elements of a PCollection, and its sidecar, written
last, makes it idempotent. A retry, or a second run, finds the sidecar and does the work only if something that
decided it has changed.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import NamedTuple

import apache_beam as beam
import orjson
import pyarrow as pa

from babelmill.pipeline.job.code_version import code_version
from babelmill.pipeline.job.item_files import ItemFiles, are_whole
from babelmill.pipeline.job.queue import taken
from babelmill.transforms.costs import Costs
from babelmill.transforms.dedup.exchange import Grouping, signature_messages
from babelmill.transforms.dedup.removals import STAGED
from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.storage import read_bytes, remove, write_bytes
from babelmill.transforms.heartbeat import beat, ended, is_due
from babelmill.transforms.ledger import Tally
from babelmill.transforms.models.resources import check_files, located, moved
from babelmill.transforms.pii.mask import Mask, Masking
from babelmill.transforms.read.formats import Formats
from babelmill.transforms.read.items import Item
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.reader import Reading
from babelmill.transforms.read.sources import Source
from babelmill.transforms.stages import Book, Step
from babelmill.transforms.statistics.statistics import Statistics, by_lang
from babelmill.transforms.text.shared import shared_layouts
from babelmill.transforms.warm import warm_steps
from babelmill.transforms.work import WorkFolder
from babelmill.transforms.write.sidecars import ItemSidecar, read_sidecar

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
    grouping: Grouping | None
    limits: Limits
    formats: Formats
    audit: pa.Schema | None
    """Of the dropped documents; None keeps none."""
    signals: tuple[str, ...]
    """Columns that there are histograms of."""
    seed: int
    source_bits: int
    """Of a source's rank in its documents' ranks; 0 where survivors do not go by it."""
    digest: str
    queued: bool
    """Whether items are taken from the queue (pipeline/job/queue.py)."""

    def fingerprint(self, item: Item) -> str:
        """Return the SHA-256 of what decides an item's result: recipe, source, files with their sizes and times.

        Its number does not: an item is the same one behind a file more. Its source's rank does if survivors go by it.
        """
        source = self.sources[item.rank]
        parts = [self.digest, source.reading, self.source_bits and [self.source_bits, item.rank], item.key.hex()]
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
            raise WorldError(f"the worker has the code {code_version()}, the launcher {self._code}: rebuild its image")
        for line in read_bytes(self._path).splitlines():
            yield Item.load(line).number, line


class Screen(beam.DoFn):  # type: ignore[misc]
    """(number, [item]) → (number, STAGED message).

    Tagged `signatures`: `signature_messages`; `ledger`: the item's rows; `statistics`: (language,
    JSON); `items`: (0, message of its ItemAccount).
    """

    def __init__(self, recipe: ScreenRecipe) -> None:
        self._recipe, self._warm = recipe, False

    def setup(self) -> None:
        """Find the models on this machine, and check that they are those of the plan."""
        self._recipe = self._recipe._replace(steps=moved(self._recipe.steps, located))
        check_files(self._recipe.steps, self._recipe.steps_digest)

    def _load(self) -> None:
        """Load the models before the first item: loading is not taken for work, and not done without work."""
        if not self._warm:
            warm_steps(self._recipe.steps, self._recipe.sources[0].source)
            self._warm = True

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[object]:
        """Screen one item; with a queue, whatever nobody has taken yet."""
        for line in taken(self._recipe.work) if self._recipe.queued else element[1]:
            yield from self._item(Item.load(line))

    def _item(self, item: Item) -> Iterator[object]:
        """Screen an item, or find it done."""
        self._recipe.work.check_current()
        number = item.number
        fingerprint = self._recipe.fingerprint(item)
        old = self._finished(item, fingerprint)
        # A finished one may have had another number, before there was a file more or less in front of it.
        sidecar = replace(old or self._screen(item, fingerprint), item=number)
        # Also when nothing was done: the sidecar's time tells progress that the item is accounted for.
        write_bytes(self._recipe.work.sidecar(number), sidecar.dump())
        ended("item", number, reused=old is not None, **sidecar.told)
        yield number, STAGED + bytes.fromhex(fingerprint)
        for message in signature_messages(number, sidecar.signatures, self._recipe.grouping):
            yield beam.pvalue.TaggedOutput("signatures", message)
        for row in Tally(sidecar.ledger).rows():
            yield beam.pvalue.TaggedOutput("ledger", row)
        for part in by_lang(sidecar.statistics.in_item(number)):
            yield beam.pvalue.TaggedOutput("statistics", part)
        yield beam.pvalue.TaggedOutput("items", sidecar.account.message())

    def _finished(self, item: Item, fingerprint: str) -> ItemSidecar | None:
        """Return the item's sidecar if it is there, was made from the same, and its files are there whole."""
        work = self._recipe.work
        sidecar = read_sidecar(ItemSidecar.load, work.sidecar(item.number), fingerprint)
        return sidecar if sidecar and are_whole(work, item.number, sidecar.parts) else None

    def _screen(self, item: Item, fingerprint: str) -> ItemSidecar:
        """Do the work of an item and return its sidecar."""
        self._load()
        recipe, work, number = self._recipe, self._recipe.work, item.number
        remove([work.sidecar(number)])
        tally, statistics, costs = Tally(), Statistics(), Costs()
        files = ItemFiles(work, number, recipe.schema, recipe.audit, recipe.partitions, recipe.exact)
        with ExitStack() as closing:
            closing.enter_context(files)
            reading = self._pass(item, files, tally, statistics, costs)
            with costs.timed("stage"):
                closing.close()
        costs.add("bytes/staged", files.parts.staged.file_bytes)
        costs.add("bytes/signatures", files.parts.signatures.file_bytes)
        return ItemSidecar(
            fingerprint=fingerprint,
            item=number,
            source=item.source,
            files={piece.path: piece.size for piece in item.pieces},
            records=dict(reading.records),
            lost={path: size for path, size in reading.lost.items() if size},
            parts=files.parts,
            signatures=files.signatures.ranges,
            ledger=tally.rows(),
            statistics=statistics.plain(),
            costs=costs.sums,
        )

    def _pass(self, item: Item, files: ItemFiles, tally: Tally, statistics: Statistics, costs: Costs) -> Reading:
        """Pass an item's batches through all steps into its files; return what did so.

        No more than a batch is held here, whatever the item reads, refuses or drops.
        """
        recipe = self._recipe
        dropped: list[pa.RecordBatch] = []
        book = Book(tally, dropped.append)

        def refuse(quarantine: pa.Table) -> None:
            statistics.refuse(quarantine, item.source, recipe.seed)
            files.quarantine.add(quarantine)

        mask = Masking(recipe.mask, tally) if recipe.mask.kinds else None
        reading = Reading(item, recipe.sources[item.rank], recipe.limits, mask, refuse, recipe.formats)
        for batch in costs.each("read", reading.batches(tally)):
            if is_due():
                (piece, share), read = reading.position, tally.total(stage="read")
                beat("item", item.number, piece=piece, share=share, docs=read.docs, bytes=read.bytes)
            with shared_layouts():
                for step in recipe.steps:
                    with costs.timed(step.stage):
                        batch = step(batch, book)
            with costs.timed("stage"):
                files.add(batch, dropped)
            with costs.timed("statistics"):
                statistics.keep(batch, recipe.signals)
                for part in dropped:
                    statistics.drop(part, recipe.signals, recipe.seed)
            dropped.clear()
        return reading
