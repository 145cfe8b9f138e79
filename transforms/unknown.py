"""Unknown: what a tokenizer could not write, booked by source and language.

    stage `unknown`     unknown/token        documents with unknown tokens; `tokens`: how many of these
                        unknown/character    documents with characters that have no token; `chars`: how many of these
                        unknown/no_token     documents with text and without a single token

The rows stand beside the stages: no document is dropped for them. Bytes are those of the documents' text.
"""

from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from babelmill.transforms.ledger import Counts, Key, Row, Tally

__all__ = [
    "CHARACTER",
    "COLUMNS",
    "NO_TOKEN",
    "TOKEN",
    "UNKNOWN",
    "Lost",
    "book_unknown",
    "lost_by_language",
    "too_much_lost",
]

UNKNOWN = "unknown"
"""The stage's name in the ledger."""
TOKEN, CHARACTER, NO_TOKEN = "unknown/token", "unknown/character", "unknown/no_token"
COLUMNS = {"n_unknown": TOKEN, "n_lost": CHARACTER}
"""Columns of shards whose tokenizer has not a token for everything, by where they are booked: int32 each."""


class Lost(NamedTuple):
    """What a tokenizer could not write of a language's documents.

    `unknown`: unknown tokens. `characters`: without a token. `no_token`: documents. `tokens`: all, unknown ones too.
    """

    unknown: int
    characters: int
    no_token: int
    tokens: int

    @property
    def share(self) -> float:
        """Of what would have been tokens, a character without one counted as one: in [0, 1]."""
        return (self.unknown + self.characters) / max(1, self.tokens + self.characters)


def book_unknown(tally: Tally, batch: pa.RecordBatch, lang: str) -> None:
    """Book a batch of a shard; nothing if it has none of COLUMNS.

    Reads the columns source, n_bytes, n_tokens, n_unknown and n_lost.
    """
    for name in COLUMNS.keys() & set(batch.schema.names):
        _book(tally, batch.filter(pc.greater(batch[name], 0)), lang, COLUMNS[name], name)
        _book(tally, batch.filter(pc.equal(batch["n_tokens"], 0)), lang, NO_TOKEN, "")


def _book(tally: Tally, batch: pa.RecordBatch, lang: str, outcome: str, name: str) -> None:
    sources = batch["source"].cast(pa.string())
    for source in pc.unique(sources).to_pylist():
        mine = batch.filter(pc.equal(sources, source))
        count, size = pc.sum(mine[name]).as_py() if name else 0, pc.sum(mine["n_bytes"]).as_py()
        chars, tokens = (count, 0) if outcome == CHARACTER else (0, count)
        tally.add(Key(UNKNOWN, source, lang, outcome), Counts(len(mine), size, chars, tokens))


def lost_by_language(rows: Iterable[Row]) -> dict[str, Lost]:
    """Return language → what was lost, by a ledger's rows; only languages with something lost, most of it first."""
    tally, found = Tally(rows), {}
    sums, written = tally.by("stage", "lang", "outcome"), tally.by("stage", "lang")
    for lang in {lang for stage, lang, _ in sums if stage == UNKNOWN}:
        token, char, none = (sums.get((UNKNOWN, lang, name), Counts()) for name in (TOKEN, CHARACTER, NO_TOKEN))
        found[lang] = Lost(token.tokens, char.chars, none.docs, written.get(("write", lang), Counts()).tokens)
    return dict(sorted(found.items(), key=lambda pair: (-pair[1].share, pair[0])))


def too_much_lost(rows: Iterable[Row], limit: float) -> str:
    """Return the languages of which more is lost than a share, with their shares; empty where there are none."""
    return ", ".join(
        f"{lang} {found.share:.2%}" for lang, found in lost_by_language(rows).items() if found.share > limit
    )
