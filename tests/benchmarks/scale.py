"""Past one machine, on paper: partitions, hot bands and memory at billions of documents, from a real run's bands.

    python -m tests.benchmarks.scale RUN [--docs 15e9] [--partitions 65536]

RUN is a finished run with its work folder. Two laws say how bands grow with the number of documents:

likely   The sizes of bands follow a power law, P(size >= s) ~ s^-a, whose exponent is measured (Hill's estimate
         over the bands of two and more documents), and there are as many bands a document as in the run. The
         k-th largest of B bands then has 1.5 (B / k)^(1/a) documents.
worst    The next document is like the ones before: a band that m of n documents share has m N / n of N. No crawl is
         that monotonous; a page that a spammer serves forever is.

The largest bands are dealt out to partitions with a hundred seeds; the fullest partition of all is told.
"""

import argparse
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
from rich.console import Console
from rich.table import Table

from babelmill.pipeline.corpus.corpus import open_output
from babelmill.transforms.dedup.deduplicate import _AT_ONCE, homes_for
from babelmill.transforms.dedup.edges import EDGE
from babelmill.transforms.dedup.signature_file import RECORD, REFERENCE, exact_partitions, fetch
from babelmill.transforms.files.storage import find_below, read_bytes
from babelmill.transforms.kernels.hashing import mixed
from babelmill.transforms.work import WorkFolder

SORT_BYTES = 60
"""Memory a record while a partition is worked through (transforms/dedup/deduplicate.py)."""
EDGE_BYTES = 70
"""Memory an edge while a home sorts."""
SEEDS = 100
LARGEST = 1 << 20


class Bands(NamedTuple):
    """A run's near bands: documents signed, and how many documents each different band holds."""

    docs: int
    sizes: npt.NDArray[np.int64]


class Scale(NamedTuple):
    """What deduplication meets at a size. Sizes in bytes."""

    docs: float
    records: float
    partitions: int
    mean: float
    fullest: float
    hottest: float
    stored: float
    homes: int
    edges: float


def bands_of(run: str) -> Bands:
    """Read every near record of a run's work folder."""
    output = open_output(run)
    work = WorkFolder(output.folder)
    found = np.concatenate([np.empty(0, RECORD), *_records(work, output.manifest.config["dedup"]["exact"])])
    _, sizes = np.unique(found["band"], return_counts=True)
    return Bands(len(np.unique(found["doc"])), sizes)


def _records(work: WorkFolder, exact: bool) -> Iterator[npt.NDArray[np.void]]:
    sidecars = [orjson.loads(read_bytes(file.path)) for file in find_below(work.base, "items/*.json")]
    # Near partitions have the lower numbers.
    count = 1 + max(partition for one in sidecars for partition, _, _ in one["signatures"])
    partitions = next(n for n in range(1, count + 1) if n + exact_partitions(n) * exact == count)
    for one in sidecars:
        ranges = [(one["item"], start, end) for partition, start, end in one["signatures"] if partition < partitions]
        yield from fetch(np.array(ranges, REFERENCE), work)


def tail_exponent(sizes: npt.NDArray[np.int64]) -> float:
    """Return Hill's estimate of a, over sizes of 2 and more; half a document less makes whole numbers continuous."""
    hot = sizes[sizes > 1]
    return float(len(hot) / np.log(hot / 1.5).sum())


def likely(bands: Bands, docs: float) -> npt.NDArray[np.float64]:
    """Return the sizes of the largest bands, by the power law."""
    count = float((bands.sizes > 1).sum()) * docs / bands.docs
    places = np.arange(1, int(min(count, LARGEST)) + 1)
    found: npt.NDArray[np.float64] = 1.5 * (count / places) ** (1 / tail_exponent(bands.sizes))
    return found


def worst(bands: Bands, docs: float) -> npt.NDArray[np.float64]:
    """Return the sizes of the largest bands, in proportion."""
    found: npt.NDArray[np.float64] = np.sort(bands.sizes)[::-1][:LARGEST] * (docs / bands.docs)
    return found


def scale(bands: Bands, docs: float, partitions: int, hot: npt.NDArray[np.float64]) -> Scale:
    """Deal the largest bands out; what is left lies evenly: billions of bands of a few records each."""
    records = float(bands.sizes.sum()) * docs / bands.docs
    fullest = 0.0
    for seed in range(SEEDS):
        where = mixed(np.arange(len(hot), dtype=np.uint64), seed) % np.uint64(partitions)
        fullest = max(fullest, float(np.bincount(where.astype(np.int64), hot, partitions).max()))
    # A band of m documents gives at the most m - 1 edges to its best one.
    shared = float((bands.sizes[bands.sizes > 1] - 1).sum()) * docs / bands.docs
    return Scale(
        docs=docs,
        records=records,
        partitions=partitions,
        mean=records / partitions,
        fullest=max(0.0, records - float(hot.sum())) / partitions + fullest,
        hottest=float(hot.max(initial=0.0)),
        stored=2 * records * RECORD.itemsize,
        homes=homes_for(partitions),
        edges=max(shared, float(hot.sum())),
    )


def told(name: str, found: Scale) -> Table:
    """Return the table of what was found."""
    title = f"{name}: {found.docs:.3g} documents, {found.partitions:,} partitions"
    table = Table(title=title, title_justify="left", box=None)
    table.add_column("what")
    table.add_column("figure", justify="right")
    in_memory = max(min(found.fullest, _AT_ONCE), found.hottest) * SORT_BYTES
    for what, figure in (
        ("records, one a document and band", f"{found.records:.3g}"),
        ("in files: of items, and regrouped", f"{found.stored / 1e12:.1f} TB"),
        ("records a partition, mean", f"{found.mean:,.0f} ({found.mean * RECORD.itemsize / 1e6:,.0f} MB)"),
        ("records of the fullest partition", f"{found.fullest:,.0f} ({found.fullest / found.mean:.2f} of the mean)"),
        ("records of the hottest band", f"{found.hottest:,.0f}"),
        ("passes over the fullest partition", f"{int(np.ceil(found.fullest / _AT_ONCE)):,}"),
        ("memory of a worker in a pass", f"{in_memory / 1e9:.2f} GB"),
        ("edges, at the most", f"{found.edges:.3g} ({found.edges * EDGE.itemsize / 1e12:.1f} TB unpacked)"),
        ("homes", f"{found.homes:,}"),
        ("memory of a home, at the most", f"{found.edges / found.homes * EDGE_BYTES / 1e9:.2f} GB"),
    ):
        table.add_row(what, figure)
    return table


def main() -> None:
    """Print the law's inputs and its results."""
    parser = argparse.ArgumentParser(description="Deduplication at billions of documents, from a real run's bands.")
    parser.add_argument("run")
    parser.add_argument("--docs", type=float, default=15e9)
    parser.add_argument("--partitions", type=int, default=1 << 16)
    arguments = parser.parse_args()
    bands = bands_of(arguments.run)
    counts = np.bincount(np.minimum(bands.sizes, 8), minlength=9)
    console = Console()
    console.print(
        f"measured: {bands.docs:,} documents, {bands.sizes.sum():,} records in {len(bands.sizes):,} different bands; "
        f"of 1, 2, … 7, 8 and more documents: {', '.join(f'{count:,}' for count in counts[1:])}; "
        f"the largest {bands.sizes.max():,}"
    )
    console.print(f"exponent of the tail: {tail_exponent(bands.sizes):.2f}")
    for name, law in (("likely", likely), ("worst", worst)):
        hot = law(bands, arguments.docs)
        console.print()
        console.print(told(name, scale(bands, arguments.docs, arguments.partitions, hot)))


if __name__ == "__main__":
    main()
