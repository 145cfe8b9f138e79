"""What all race over: the same documents for everybody, and near-duplicates that were planted with a known edit.

In the folder that peers are given:

    documents.jsonl      {lang, text}: the first documents of each language, as Babelmill reads them
    input/<lang>.jsonl.gz  {id, text}: the same, for whole jobs
    first/<lang>.jsonl.gz  the first of them, for a job that only starts and stops
    pairs.jsonl          {lang, text}: a document and its edited copy, by turns
"""

import gzip
import random
from pathlib import Path
from typing import NamedTuple

import orjson

from babelmill.transforms.text.gate import gate
from tests.benchmarks.planted import edited, units
from tests.benchmarks.stages import LANGS, records

__all__ = ["EDIT", "Corpus", "collect"]

EDIT = 0.01
"""Share of a copy's words, or of its characters in Chinese and Japanese, that are edited."""
_PAIRS = 100
_CHARS = range(300, 20_000)
"""Length of a text that gets a copy: a short one has no edit, or is another text."""


class Corpus(NamedTuple):
    """Documents in a folder."""

    folder: Path
    texts: dict[str, list[str]]
    """Language → documents."""
    pairs: dict[str, list[str]]
    """Language → document, copy, document, copy …"""

    @property
    def bytes(self) -> dict[str, int]:
        """Language → bytes of its documents."""
        return {lang: sum(len(text.encode()) for text in texts) for lang, texts in self.texts.items()}


def collect(source: Path, folder: Path, limit: int | None) -> Corpus:
    """Write the documents of a folder of `<lang>.jsonl.gz` for the race.

    Args:
        source: where the documents are; of six languages those that are there take part.
        folder: where to write.
        limit: documents a language; None takes all.
    """
    langs = [lang for lang in LANGS if (source / f"{lang}.jsonl.gz").exists()]
    texts = {lang: [gate(record["text"]) for record in records(source, lang, limit)] for lang in langs}
    pairs = {lang: planted(lang, texts[lang]) for lang in langs}
    for name, chosen in (("documents.jsonl", texts), ("pairs.jsonl", pairs)):
        rows = [{"lang": lang, "text": text} for lang in langs for text in chosen[lang]]
        (folder / name).write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    for name, count in (("input", limit), ("first", 1)):
        (folder / name).mkdir()
        for lang in langs:
            rows = [{"id": f"{lang}-{number}", "text": text} for number, text in enumerate(texts[lang][:count])]
            with gzip.open(folder / name / f"{lang}.jsonl.gz", "wb", compresslevel=6) as file:
                file.writelines(orjson.dumps(row) + b"\n" for row in rows)
    return Corpus(folder, texts, pairs)


def planted(lang: str, texts: list[str]) -> list[str]:
    """Return documents, each followed by its edited copy."""
    chance = random.Random(lang)
    chosen = [text for text in texts if len(text) in _CHARS][:_PAIRS]
    pool = [unit for text in chosen[:50] for unit in units(text, lang)]
    return [part for text in chosen for part in (text, edited(text, EDIT, lang, pool, chance))]
