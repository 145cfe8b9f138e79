"""Daft: text to MinHash, by its own normalize and minhash. It makes no bands: those are cut here, and not timed."""

import os
from functools import partial

os.environ["DAFT_ANALYTICS_ENABLED"] = "0"
os.environ["DAFT_PROGRESS_BAR"] = "0"

import daft
from daft.functions import minhash, normalize
from measure import Race, best_of, joined_by_bands, report

BANDS, ROWS = 14, 8
SETTING = "normalize (all four), minhash: 112 hashes, 5 words between blanks, xxhash3_64"


def signatures(texts: list[str]) -> list[list[int]]:
    """Return 112 minima a document."""
    return collected(daft.from_pydict({"text": texts})).to_pydict()["minima"]


def collected(frame: daft.DataFrame) -> daft.DataFrame:
    """Run the plan over a frame with a column of texts."""
    clean = normalize(daft.col("text"), remove_punct=True, lowercase=True, nfd_unicode=True, white_space=True)
    minima = minhash(clean, num_hashes=BANDS * ROWS, ngram_size=5, hash_function="xxhash3_64")
    return frame.select(minima.alias("minima")).collect()


def bands(minima: list[int]) -> list[tuple[int, ...]]:
    """Return a document's bands."""
    return [tuple(minima[band * ROWS : (band + 1) * ROWS]) for band in range(BANDS)]


def main() -> None:
    """Measure, and join the planted pairs."""
    race = Race.started()
    cpu_s = {}
    for lang, texts in race.texts("documents.jsonl").items():
        frame = daft.from_pydict({"text": texts}).collect()
        cpu_s[lang] = best_of(race.repeats, partial(collected, frame))
    pairs = race.texts("pairs.jsonl")
    joined = {lang: joined_by_bands(map(bands, signatures(texts))) for lang, texts in pairs.items()}
    report("signature", SETTING, cpu_s, joined=joined)


main()
