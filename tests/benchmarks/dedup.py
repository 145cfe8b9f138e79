"""Benchmark: Deduplicate alone, in the real runner, on up to ten million simulated documents.

    python -m tests.benchmarks.dedup CORPUS [--millions 1 2 5 10] [--hot] [--workers 1] [--cluster greedy]

CORPUS is a folder of <lang>.jsonl.gz with the field text. Its documents are signed once; the simulated ones are copies
of them with other hashes (`Simulation`), so that bands are as full as in real text, and a fourth are duplicates planted
at a known similarity. Prints CPU and wall seconds, the highest sum of the resident memory of all processes, and what
was removed. `--hot`: a million identical documents, and a million of which none is like another.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import orjson
import pyarrow as pa
from apache_beam.options.pipeline_options import PipelineOptions

from babelmill.pipeline.config.model import Config
from babelmill.pipeline.config.sections import WorkSection
from babelmill.pipeline.job.plan import _partitions
from babelmill.pipeline.runners.local import _options, _runner
from babelmill.pipeline.runners.processes import Processes
from babelmill.transforms.dedup.deduplicate import Deduplicate
from babelmill.transforms.dedup.edges import EDGE
from babelmill.transforms.dedup.homes import unpack
from babelmill.transforms.dedup.minhash import FIGURES, signatures
from babelmill.transforms.dedup.rank import rank
from babelmill.transforms.dedup.removals import KEPT_FOR
from babelmill.transforms.dedup.sign import Near
from babelmill.transforms.dedup.signature_file import REFERENCE, SignatureWriter
from babelmill.transforms.files.storage import creating, write_bytes
from babelmill.transforms.kernels.buffers import packed
from babelmill.transforms.kernels.hashing import digests, mixed
from babelmill.transforms.text.gate import gate
from babelmill.transforms.work import WorkFolder

NEAR = Near(doubt=0)
"""Estimates alone: simulated documents have no text that could be looked at."""
DOC_BYTES = 3000
"""Text of a document, as the plan estimates it."""
ITEM_DOCS = (1 << 24) // DOC_BYTES
PLANTED = {1.0: 0.10, 0.95: 0.05, 0.85: 0.05, 0.75: 0.05}
"""Similarity to the original → share of all documents; at 1.0 the text is the same."""
POPULAR = 0.02
"""Share of the planted ones that copy one of a thousand pages: clusters that grow with the number of documents."""


class Signed(NamedTuple):
    """Signatures of some documents, and whether each has any shingle."""

    digest: np.ndarray
    bands: np.ndarray
    sketch: np.ndarray
    shingled: np.ndarray


def sign(corpus: Path) -> Signed:
    """Sign every document of a corpus."""
    parts = []
    for path in sorted(corpus.glob("*.jsonl.gz")):
        with gzip.open(path) as lines:
            texts = pa.array([gate(orjson.loads(line)["text"]) for line in lines])
        found = signatures(texts, NEAR.ngram, NEAR.bands, NEAR.rows, 1, figures=NEAR.figures)
        parts.append(Signed(digests(texts), found.bands, found.sketch, found.shingles > 0))
    return Signed(*map(np.concatenate, zip(*parts, strict=True)))


class Simulation(NamedTuple):
    """Any number of documents from the signatures of a few.

    Document n is a copy of document n mod m of the corpus, its hashes changed by a key for n div m: within one copy of
    the corpus everything is as it was, and two copies have nothing in common. A planted duplicate is a changed copy of
    any document: each band stays with probability J^rows, each bit of the sketch with (1 + J) / 2.
    """

    signed: Signed
    docs: int
    kind: str

    def original(self, numbers: np.ndarray) -> Signed:
        """Return the signatures of some documents as they are before duplicates are planted."""
        if self.kind == "identical":
            numbers = np.zeros(len(numbers), np.uint64)
        copy, row = np.divmod(numbers, np.uint64(len(self.signed.shingled)))
        if self.kind == "distinct":
            # One pair of equals, so that the same kernels are loaded.
            copy = np.maximum(numbers, np.uint64(1))
        key = mixed(copy, 3)[:, None]
        digest, bands, sketch, shingled = (column[row] for column in self.signed)
        masks = np.stack([mixed(key[:, 0], word) for word in range(sketch.shape[1])], axis=1)
        # A document of few figures has few in every copy.
        masks[sketch[:, FIGURES] == 0, FIGURES] = 0
        return Signed(digest ^ key, bands ^ key, sketch ^ masks, shingled | (self.kind != "real"))

    def item(self, number: int) -> tuple[np.ndarray, Signed]:
        """Return ranks and signatures of an item's documents."""
        first = number * ITEM_DOCS
        numbers = np.arange(first, min(first + ITEM_DOCS, self.docs), dtype=np.uint64)
        chance = np.random.default_rng(number)
        places = np.int64(number << 24) + np.arange(len(numbers), dtype=np.int64)
        if self.kind != "real":
            return rank(self.priority(numbers), places), self.original(numbers)
        similarity = np.full(len(numbers), np.nan)
        dice, start = chance.random(len(numbers)), 0.0
        for value, share in PLANTED.items():
            similarity[(dice >= start) & (dice < start + share)] = value
            start += share
        planted = ~np.isnan(similarity)
        source = chance.integers(0, self.docs, len(numbers), np.uint64)
        popular = chance.random(len(numbers)) < POPULAR
        source[popular] %= np.uint64(1000)
        numbers[planted] = source[planted]
        ranks = rank(self.priority(numbers), places)
        found = self.original(numbers)
        self._change(found, np.flatnonzero(planted & (similarity < 1)), similarity, chance)
        return ranks, found

    def _change(self, found: Signed, rows: np.ndarray, similarity: np.ndarray, chance: np.random.Generator) -> None:
        """Change the signatures of planted duplicates as far as they are unlike their originals."""
        alike = similarity[rows, None]
        noise = chance.integers(0, 1 << 64, (len(rows), NEAR.bands), np.uint64, endpoint=False)
        other = chance.random(noise.shape) > alike**NEAR.rows
        found.bands[rows] = np.where(other, noise, found.bands[rows])
        bits = chance.random((len(rows), found.sketch.shape[1], 64)) < (1 - alike[:, :, None]) / 2
        flips = np.packbits(bits, axis=2).view(np.uint64)[:, :, 0]
        flips[found.sketch[rows, FIGURES] == 0, FIGURES] = 0
        found.sketch[rows] ^= flips
        found.digest[rows] = chance.integers(0, 1 << 64, (len(rows), 2), np.uint64, endpoint=False)

    def priority(self, numbers: np.ndarray) -> np.ndarray:
        """Return a priority that copies of one document have in common, as they have their length and quality."""
        if self.kind == "identical":
            return np.zeros(len(numbers), np.uint64)
        return mixed(numbers, 5) >> np.uint64(50)

    @property
    def items(self) -> int:
        """Number of work items."""
        return -(-self.docs // ITEM_DOCS)

    @property
    def partitions(self) -> int:
        """Number of partitions that a plan would choose for so much text."""
        return _partitions(Config.model_construct(work=WorkSection()), self.docs * DOC_BYTES)


def write_signatures(simulation: Simulation, work: WorkFolder) -> None:
    """Write each item's signature file, and the ranges in it as its sidecar."""
    for number in range(simulation.items):
        docs, found = simulation.item(number)
        none = ~found.shingled
        columns = [pa.array(docs), packed(found.digest), packed(found.bands, none), packed(found.sketch, none)]
        with creating(work.signatures(number)) as file:
            writer = SignatureWriter(file, simulation.partitions, exact=True)
            writer.add(pa.record_batch(columns, ["doc", "digest", "bands", "sketch"]))
            writer.flush()
        write_bytes(work.sidecar(number), orjson.dumps(writer.ranges))


class Refer(beam.DoFn):  # type: ignore[misc]
    """(item, …) → (partition, packed references), as Screen gives them."""

    def __init__(self, work: WorkFolder) -> None:
        self._work = work

    def process(self, element: tuple[int, Iterable[int]]) -> Iterator[tuple[int, bytes]]:
        """Read an item's sidecar."""
        by_partition: dict[int, list[tuple[int, int, int]]] = {}
        for partition, start, end in orjson.loads(Path(self._work.sidecar(element[0])).read_bytes()):
            by_partition.setdefault(partition, []).append((element[0], start, end))
        for partition, references in by_partition.items():
            yield partition, np.array(references, REFERENCE).tobytes()


def count_gone(element: tuple[int, Iterable[bytes]]) -> tuple[int, int]:
    """Return how many documents are removed for those of an item."""
    return 0, sum(len(unpack(message.removeprefix(KEPT_FOR), EDGE)) for message in element[1])


def deduplicate(folder: str, items: int, partitions: int, workers: int, way: Any) -> None:
    """Run the transform and write the number of removed documents."""
    work = WorkFolder(folder)
    options = _options(workers, []) if workers > 1 else PipelineOptions([])
    with beam.Pipeline(_runner(workers, [], Processes()), options=options) as pipeline:
        references = (
            pipeline
            | beam.Impulse()
            | beam.FlatMap(lambda _: [(item, 0) for item in range(items)]).with_output_types(tuple[int, int])
            | "Spread" >> beam.GroupByKey()
            | beam.ParDo(Refer(work)).with_output_types(tuple[int, bytes])
        )
        found = references | "Deduplicate" >> Deduplicate(work, NEAR, partitions, None, way)
        (
            found["verdicts"]
            | "Meet in items" >> beam.GroupByKey()
            | beam.Map(count_gone).with_output_types(tuple[int, int])
            | beam.CombinePerKey(sum)
            | beam.Map(lambda pair: write_bytes(f"{folder}/gone", str(pair[1]).encode())).with_output_types(None)
        )


def memory_of(process: int) -> int:
    """Return the resident bytes of a process and all below it."""
    total, ahead = 0, [process]
    while ahead:
        one = ahead.pop()
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                ahead += map(int, (task / "children").read_text().split())
            total += int(Path(f"/proc/{one}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def measure(simulation: Simulation, workers: int, way: str) -> dict[str, float]:
    """Run one simulation in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        write_signatures(simulation, WorkFolder(folder))
        arguments = [folder, simulation.items, simulation.partitions, workers, way]
        code = f"from tests.benchmarks.dedup import deduplicate; deduplicate(*{arguments!r})"
        started, peak = time.monotonic(), 0
        process = subprocess.Popen([sys.executable, "-c", code])
        done = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not done.wait(0.05):
                peak = max(peak, memory_of(process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        _, status, used = os.wait4(process.pid, 0)
        done.set()
        watcher.join()
        if status:
            raise RuntimeError(f"the run ended with status {status}")
        gone = Path(f"{folder}/gone")
        return {
            "docs": simulation.docs,
            "partitions": simulation.partitions,
            "removed": int(gone.read_text()) if gone.exists() else 0,
            "cpu_s": used.ru_utime + used.ru_stime,
            "wall_s": time.monotonic() - started,
            "peak_MB": peak / 1e6,
        }


def main() -> None:
    """Print a line a run, and how time and memory grow with the number of documents."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--millions", type=float, nargs="*", default=[1, 2, 5, 10])
    parser.add_argument("--hot", action="store_true", help="a million identical documents, and a million distinct ones")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--cluster", choices=("greedy", "transitive"), default="greedy")
    args = parser.parse_args()
    signed = sign(args.corpus)
    found = []
    for kind, docs in [*(("real", n) for n in args.millions), *((k, 1) for k in ("identical", "distinct") if args.hot)]:
        result = measure(Simulation(signed, int(docs * 1e6), kind), args.workers, args.cluster)
        print(kind, json.dumps({name: round(value, 1) for name, value in result.items()}), flush=True)
        if kind == "real":
            found.append(result)
    if len(found) > 1:
        millions = [result["docs"] / 1e6 for result in found]
        for name in ("cpu_s", "peak_MB"):
            slope, base = np.polyfit(millions, [result[name] for result in found], 1)
            print(f"{name}: {base:.1f} + {slope:.2f} a million documents")


if __name__ == "__main__":
    main()
