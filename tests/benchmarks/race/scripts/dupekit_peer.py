"""marin-dupekit: text to the buckets of MinHash, by the steps and numbers of marin's own deduplication."""

from functools import partial

import pyarrow as pa
from dupekit import Transformation, transform
from measure import Race, best_of, joined_by_bands, report

STEPS = [
    Transformation.CleanText("text", "clean"),
    Transformation.MinHash("clean", "minima", 286, 5, 42),
    Transformation.MinHashLSH("minima", "buckets", 26),
]
SETTING = "CleanText, MinHash: 286 permutations, 5 characters; MinHashLSH: 26 bands"


def batch_of(texts: list[str]) -> pa.RecordBatch:
    """Return texts as it takes them."""
    return pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.string())})


def main() -> None:
    """Measure, and join the planted pairs."""
    race = Race.started()
    cpu_s = {}
    for lang, texts in race.texts("documents.jsonl").items():
        batch = batch_of(texts)
        cpu_s[lang] = best_of(race.repeats, partial(transform, batch, STEPS))
    joined = {}
    for lang, texts in race.texts("pairs.jsonl").items():
        found = transform(batch_of(texts), STEPS)
        joined[lang] = joined_by_bands(found.column("buckets").to_pylist())
    report("signature", SETTING, cpu_s, joined=joined)


main()
