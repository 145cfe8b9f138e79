"""Shards: deal the kept documents out, and write each shard from the staged files.

    (0, what each item keeps) ─ PlanShards ─► (item, its place) ─ DealShards ─► (shard, rows) ─ WriteShards ─► message

A shard is `data/lang=zh/part-00003.parquet`, and what a later run needs of it `index/lang=zh/part-00003.parquet`. Its
rows are in the order of a seeded permutation; its bytes depend on the documents and the configuration alone.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from babelmill.transforms.costs import CPU, Costs
from babelmill.transforms.documents import documents
from babelmill.transforms.errors import RejectedError
from babelmill.transforms.files.parquet import read_table
from babelmill.transforms.files.storage import creating, join, open_file, write_bytes
from babelmill.transforms.heartbeat import ended
from babelmill.transforms.ledger import Tally
from babelmill.transforms.models.resources import check_files, located, moved
from babelmill.transforms.stages import Annotator
from babelmill.transforms.work import WorkFolder, pieces
from babelmill.transforms.write.gathered import REF, Gathered
from babelmill.transforms.write.listed import IndexFile, ShardFile
from babelmill.transforms.write.owned import plan_shards
from babelmill.transforms.write.shard_file import LEFT_OUT, book_shard, write_shard
from babelmill.transforms.write.sharding import index_path, item_bases, shard_count, shard_numbers, shard_path
from babelmill.transforms.write.sidecars import ShardSidecar, read_sidecar
from babelmill.transforms.write.strata import Strata
from babelmill.transforms.write.tables import is_whole, write_table

__all__ = ["DealShards", "PlanShards", "Recipe", "WriteShards"]

_FINGERPRINT_BYTES = 32


class PlanShards(beam.DoFn):  # type: ignore[misc]
    """(0, JSON from every item) → (item, JSON): its fingerprint, and `base` and `total` of each of its languages.

    Both are sums of weights (transforms/work.py).

    Args:
        work: the run's work folder.
        target_bytes: of a shard.
        unwritable: languages that the tokenizer cannot write and that the run would fail for in the end → the share of
            their characters without a token.

    Raises:
        RejectedError: if documents of such a language were kept: before anything is written.
        WorldError: if a file that is not ours is in the place of a shard.
    """

    def __init__(self, work: WorkFolder, target_bytes: int, unwritable: Mapping[str, float]) -> None:
        self._work, self._target, self._unwritable = work, target_bytes, dict(unwritable)

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[tuple[int, bytes]]:
        """Add the items up, and note which shards will be written before any is."""
        found = [orjson.loads(packed) for packed in element[1]]
        bases, totals = item_bases((item["item"], item["weight"]) for item in found)
        if met := [f"{lang} {self._unwritable[lang]:.0%}" for lang in sorted(self._unwritable.keys() & totals.keys())]:
            raise RejectedError(
                f"the tokenizer cannot write languages of which documents were kept; characters without a token: "
                f"{', '.join(met)}, more than tokens.max_unknown_ratio allows; take another tokenizer, leave these "
                "languages out, or allow more"
            )
        counts = {lang: shard_count(total, self._target) for lang, total in totals.items()}
        plan_shards(self._work, counts)
        ended("shards", 0, planned=sum(counts.values()))
        for item in found:
            base = bases[item["item"]]
            place = {"fingerprint": item["fingerprint"], "base": base, "total": {lang: totals[lang] for lang in base}}
            yield item["item"], orjson.dumps(place)


class DealShards(beam.DoFn):  # type: ignore[misc]
    """(item, [JSON]) → ((lang, shard number), the item's fingerprint and its packed REF for that shard)."""

    def __init__(self, work: WorkFolder, target_bytes: int) -> None:
        self._work, self._target = work, target_bytes

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[tuple[tuple[str, int], bytes]]:
        """Deal one item's kept documents."""
        item, [packed] = element
        place = orjson.loads(packed)
        fingerprint = bytes.fromhex(place["fingerprint"])
        table = read_table(self._work.settled(item)).sort_by("place")
        for lang, base in place["base"].items():
            part = table.filter(pc.equal(table["lang"], lang))
            sizes = part["weight"].to_numpy()
            offset = base + np.cumsum(sizes) - sizes
            numbers = shard_numbers(part["order"].to_numpy(), offset, place["total"][lang], self._target)
            refs = np.zeros(len(part), REF)
            refs["item"], refs["row"] = item, part["row"].to_numpy()
            refs["cluster_size"] = part["cluster_size"].to_numpy()
            for number in np.unique(numbers).tolist():
                for piece in pieces(refs[numbers == number]):
                    yield (lang, number), fingerprint + piece.tobytes()


class Recipe(NamedTuple):
    """What all shards of a run have in common: where they go, how they are tokenized and written, what they say."""

    output: str
    work: WorkFolder
    tokenize: Annotator
    tokenize_digest: str
    """Its fingerprint when the run was planned, its file by its bytes."""
    compression: str
    metadata: dict[str, str]
    index_columns: tuple[str, ...]
    """Staged columns that go into the index; none writes none."""
    digest: str
    """Of everything that decides a shard's bytes apart from its documents."""


class WriteShards(beam.DoFn):  # type: ignore[misc]
    """((lang, number), refs) → (0, message of a ShardAccount). Tagged `ledger` and `strata`: their rows.

    A shard whose sidecar says that it was made from the same documents in the same way, and which is what the sidecar
    says, is not made again.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._recipe, self._warm = recipe, False

    def setup(self) -> None:
        """Find the tokenizer on this machine, and check that it is the one of the plan."""
        tokenize = moved(self._recipe.tokenize, located)
        check_files(tokenize, self._recipe.tokenize_digest)
        self._recipe = self._recipe._replace(tokenize=tokenize)

    def _load(self) -> None:
        """Load the tokenizer before the first shard: loading is not taken for work, and not done without work."""
        if not self._warm:
            self._recipe.tokenize(documents(["A"], source="", ids=[""], urls=[None], places=[0]))
            self._warm = True

    def process(self, element: tuple[tuple[str, int], Iterable[bytes]]) -> Iterator[object]:
        """Write one shard."""
        (lang, number), packed = element
        self._recipe.work.check_current()
        # In input order, so that neither bytes nor fingerprint depend on the order in which messages arrive.
        messages = sorted(packed, key=lambda message: tuple(_refs(message, 1)[["item", "row"]][0]))
        fingerprint = _fingerprint(self._recipe.digest, messages)
        sidecar = self._recipe.work.shard(lang, number)
        path = shard_path(lang, number)
        if old := self._finished(sidecar, fingerprint):
            # Written again for its time, by which progress knows what this run has accounted for.
            write_bytes(sidecar, old.dump())
            ended("shard", path, reused=True, **old.told)
            yield from self._outputs(old)
            return
        self._load()
        refs = np.concatenate([_refs(message) for message in messages])
        tally, strata, costs = Tally(), Strata(), Costs()
        costs.add("shuffled/shards", sum(map(len, messages)))
        with costs.timed("gather"):
            rows = Gathered(self._recipe.work, np.split(refs, np.flatnonzero(np.diff(refs["item"])) + 1))
        with costs.timed("write"):
            index = self._write_index(index_path(path), rows) if self._recipe.index_columns else None
            shard = self._write(path, lang, number, rows, tally, strata, costs)
        costs.add("bytes/shards", shard.file_bytes)
        costs.add("bytes/index", index.file_bytes if index else 0)
        new = ShardSidecar(fingerprint, shard, index, tally.rows(), strata.rows(), costs.sums)
        write_bytes(sidecar, new.dump())
        ended("shard", path, reused=False, **new.told)
        yield from self._outputs(new)

    def _finished(self, sidecar: str, fingerprint: str) -> ShardSidecar | None:
        """Return a shard's sidecar if it was made from the same, and shard and index are there whole."""
        old = read_sidecar(ShardSidecar.load, sidecar, fingerprint)
        if old is None:
            return None
        listed = (old.shard, *([old.index] if old.index else ()))
        return old if all(is_whole(join(self._recipe.output, file.path), file) for file in listed) else None

    def _write(
        self, path: str, lang: str, number: int, rows: Gathered, tally: Tally, strata: Strata, costs: Costs
    ) -> ShardFile:
        recipe = self._recipe
        tokenize = _Timed(recipe.tokenize, costs)
        metadata = {**recipe.metadata, "lang": lang, "shard": str(number)}
        target = join(recipe.output, path)
        names = [name for name in rows.schema.names if name not in LEFT_OUT]
        schema, parts = pa.schema([rows.schema.field(name) for name in names]), rows.parts(names)
        with creating(target) as file:
            shard = write_shard(file, path, lang, schema, parts, tokenize, recipe.compression, metadata, tally)
        with open_file(target) as file:
            book_shard(file, lang, tally, strata)
        return shard

    def _write_index(self, path: str, rows: Gathered) -> IndexFile:
        """Write the signatures of a shard's documents, in its order."""
        names = self._recipe.index_columns
        schema = pa.schema([rows.schema.field(name) for name in names])
        written = write_table(join(self._recipe.output, path), schema, rows.parts(names), kind="index")
        return IndexFile(path, written.rows, written.file_bytes, written.sha256)

    @staticmethod
    def _outputs(sidecar: ShardSidecar) -> Iterator[object]:
        yield sidecar.account.message()
        for row in Tally(sidecar.ledger).rows():
            yield beam.pvalue.TaggedOutput("ledger", row)
        for row in Strata(sidecar.strata).rows():
            yield beam.pvalue.TaggedOutput("strata", row)


class _Timed:
    """An annotator whose time is the stage `tokens`', and not that of `write` around it."""

    def __init__(self, annotator: Annotator, costs: Costs) -> None:
        self._annotator, self._costs = annotator, costs

    @property
    def reads(self) -> tuple[str, ...]:
        return self._annotator.reads

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        return self._annotator.adds

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.Array, ...]:
        inner = Costs()
        with inner.timed("tokens"):
            columns = self._annotator(batch)
        self._costs.merge(inner.sums)
        self._costs.add(f"{CPU}write", -inner.sums[f"{CPU}tokens"])
        return columns


def _fingerprint(digest: str, messages: Iterable[bytes]) -> str:
    """Return the SHA-256 of what decides a shard's bytes: items by their fingerprints, not by their numbers."""
    found = hashlib.sha256(digest.encode())
    for message in messages:
        found.update(message[:_FINGERPRINT_BYTES] + _refs(message)[["row", "cluster_size"]].tobytes())
    return found.hexdigest()


def _refs(message: bytes, count: int = -1) -> npt.NDArray[np.void]:
    """Return a message's REF, or the first of them."""
    return np.frombuffer(message, REF, count, _FINGERPRINT_BYTES)
