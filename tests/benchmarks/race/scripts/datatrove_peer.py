"""datatrove: language, quality, MinHash and tokens, each alone over all documents; and all chained, as a whole job.

The numbers are those of FineWeb: three filters, 14 buckets of 8 hashes of 5 words. Steps run in this process without
an executor, whose manager process would only add to their time.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import datatrove.utils.lid as lid
from datatrove.data import Document
from datatrove.pipeline.base import PipelineStep
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.filters import (
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
    LanguageFilter,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.tokens import DocumentTokenizer, TokensCounter
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.hashing import HashConfig
from loguru import logger
from measure import Race, best_of, joined_by_bands, once, report

CODES = {
    "en": "eng_Latn", "zh": "cmn_Hani", "ru": "rus_Cyrl", "de": "deu_Latn", "ja": "jpn_Jpan", "ar": "arb_Arab",
}  # fmt: skip
MINHASH = MinhashConfig(
    hash_config=HashConfig(precision=64, hash_fc="xxhash"), num_buckets=14, hashes_per_bucket=8, n_grams=5
)


def documents(texts: list[str]) -> list[Document]:
    """Return texts as it takes them; a step writes into their metadata."""
    return [Document(text=text, id=str(number)) for number, text in enumerate(texts)]


def filters(lang: str) -> list[PipelineStep]:
    """Return the filters of quality."""
    code = CODES[lang]
    return [
        GopherRepetitionFilter(language=code),
        GopherQualityFilter(language=code),
        FineWebQualityFilter(language=code),
    ]


def passed(step: PipelineStep, batch: list[Document]) -> Callable[[], object]:
    """Return the work of a step alone over all documents."""
    return lambda: list(step.run(iter(batch), 0, 1) or ())


def chained(*steps: PipelineStep, rank: int = 0, ranks: int = 1) -> None:
    """Run steps one behind the other, document by document."""
    data: Iterator[Document] | None = None
    for step in steps:
        data = step.run(data, rank, ranks)
    for _ in data or ():
        pass


def job(source: Path, langs: list[str], tokenizer: str) -> None:
    """Filter, deduplicate and tokenize files of one language each, with files between the passes."""
    with tempfile.TemporaryDirectory() as name:
        for lang in langs:
            folder = f"{name}/{lang}"
            chained(
                JsonlReader(str(source), glob_pattern=f"{lang}.jsonl.gz"),
                LanguageFilter(languages=langs, backend="ft176", language_threshold=0.5),
                *filters(lang),
                JsonlWriter(f"{folder}/kept"),
            )
            if not os.path.exists(f"{folder}/kept"):
                continue  # no document was kept
            chained(
                JsonlReader(f"{folder}/kept"),
                MinhashDedupSignature(output_folder=f"{folder}/signatures", config=MINHASH, language=CODES[lang]),
            )
            buckets = MinhashDedupBuckets(f"{folder}/signatures", f"{folder}/buckets", config=MINHASH)
            for rank in range(MINHASH.num_buckets):
                chained(buckets, rank=rank, ranks=MINHASH.num_buckets)
            chained(MinhashDedupCluster(f"{folder}/buckets", f"{folder}/remove", config=MINHASH))
            chained(
                JsonlReader(f"{folder}/kept"),
                MinhashDedupFilter(f"{folder}/remove"),
                DocumentTokenizer(f"{folder}/tokens", tokenizer_name_or_path=tokenizer, shuffle_documents=False),
            )


def main() -> None:
    """Measure every stage, then the job."""
    logger.remove()
    logger.add(sys.stderr, level="ERROR")
    race = Race.started()
    lid.cached_asset_path_or_download = lambda *args, **kwargs: race.language_model
    texts = race.texts("documents.jsonl")
    batches = {lang: documents(found) for lang, found in texts.items()}

    step = LanguageFilter(backend="ft176", label_only=True)
    cpu_s = {lang: best_of(race.repeats, passed(step, batch)) for lang, batch in batches.items()}
    labels = {lang: [document.metadata["language"] for document in batch] for lang, batch in batches.items()}
    report("language", "LanguageFilter: ft176", cpu_s, labels=labels)

    cpu_s = {
        lang: sum(best_of(race.repeats, passed(step, batch)) for step in filters(lang))
        for lang, batch in batches.items()
    }
    report("quality", "GopherRepetition, GopherQuality and FineWebQuality filters", cpu_s)

    with tempfile.TemporaryDirectory() as folder:
        signing = {lang: MinhashDedupSignature(folder, MINHASH, CODES[lang]) for lang in batches}
        cpu_s = {lang: best_of(race.repeats, passed(signing[lang], batch)) for lang, batch in batches.items()}
    joined = {}
    for lang, pairs in race.texts("pairs.jsonl").items():
        sign = signing[lang]
        bands = [map(tuple, sign.get_signature(sign.get_shingles(text))) for text in pairs]
        joined[lang] = joined_by_bands(bands)
    report("signature", "MinhashDedupSignature: 14 × 8 hashes, 5 words, xxhash", cpu_s, joined=joined)

    cpu_s = {lang: float("inf") for lang in batches}
    for _ in range(race.repeats):
        counter = TokensCounter(tokenizer_name_or_path=race.tokenizer)
        list(counter.run(iter(documents(["warm up"]))))
        for lang, batch in batches.items():
            cpu_s[lang] = min(cpu_s[lang], once(passed(counter, batch))[0])
    report("tokens", "TokensCounter", cpu_s)

    langs = list(texts)
    job(race.folder / "first", langs, race.tokenizer)
    spent, _ = once(lambda: job(race.folder / "input", langs, race.tokenizer))
    setting = "reader, all of these steps, MinHash buckets, clusters and filter, DocumentTokenizer; run once"
    report("job", setting, {"all": spent})


main()
