"""The process that is counted: each stage of the main job once over the sample, after one call that is not counted.

    python -m tests.benchmarks.floors.count

Outside of valgrind it compiles what the stages need, for the processor that is named in the environment (numba's
NUMBA_CPU_NAME). It prints the input as a line of JSON: documents, bytes of text, and the SHA-256 of all texts.
"""

import gc
import hashlib
import itertools
import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from babelmill.pipeline.job.plan import Plan
from babelmill.transforms.dedup.sign import Near
from babelmill.transforms.read.items import Item
from tests.benchmarks.floors.requests import counting
from tests.benchmarks.planted import edited, units
from tests.benchmarks.stages import LANGS, Work, plan_of, read_item, stage_works
from tests.duplicates import near_removals

CORPUS = Path(__file__).parents[2] / "data" / "corpus"
_COPIES = 50
"""Documents of a language that have an edited copy, where duplicates are looked for."""


def works(plan: Plan, item: Item) -> Iterator[tuple[str, Work]]:
    """Yield each stage's name and its work: those of a work item, and near-duplicates of planted copies."""
    yield from stage_works(plan, item)
    texts = _with_copies([batch["text"].to_pylist() for batch in read_item(plan, item)])
    yield "deduplicate", lambda: near_removals(texts, Near())


def _with_copies(batches: list[list[str]]) -> list[str]:
    chance = random.Random(0)
    texts = list(itertools.chain.from_iterable(batches))[: _COPIES * len(LANGS)]
    pool = [word for text in texts[:20] for word in units(text, "en")]
    return texts + [edited(text, 0.05, "en", pool, chance) for text in texts]


def main() -> None:
    """Plan, and call every stage twice."""
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_of(CORPUS, Path(folder), LANGS, None)
        # One item of all languages: counting starts and stops eight times, and each time valgrind translates anew.
        item = plan.items[0]._replace(pieces=tuple(piece for item in plan.items for piece in item.pieces))
        texts = [text for batch in read_item(plan, item) for text in batch["text"].to_pylist()]
        digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
        size = sum(len(text.encode()) for text in texts)
        print(json.dumps({"documents": len(texts), "bytes": size, "sha256": digest}), flush=True)
        for stage, work in works(plan, item):
            work()
            # The collector's walk over all that was imported is not the stage's.
            gc.collect()
            gc.freeze()
            gc.disable()
            with counting(stage):
                work()
            gc.enable()


if __name__ == "__main__":
    main()
