"""The ledger: what became of every document, as sums that merge.

    (stage, source, lang, outcome) -> (docs, bytes, chars, tokens)

`outcome` is `kept` or a reason such as `quality/too_few_words`. Rows are ordinary elements of a PCollection, not Beam
counters, which may count a retried bundle twice. The laws below hold for every run and are checked at its end.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from babelmill.transforms.errors import LawError

__all__ = ["KEPT", "LEDGER", "STAGES", "Counts", "Key", "Row", "Tally", "broken_laws", "check_laws"]

KEPT = "kept"
"""The outcome of a document that goes on to the next stage."""

STAGES = ("read", "language", "quality", "dedup", "tokens", "write")
"""The stages, in the order in which a document meets them."""


class Key(NamedTuple):
    """Where a row stands. `lang` is empty before the language is identified."""

    stage: str
    source: str
    lang: str
    outcome: str


class Counts(NamedTuple):
    """What is counted: documents, UTF-8 bytes, code points, tokens (0 before they are known)."""

    docs: int = 0
    bytes: int = 0
    chars: int = 0
    tokens: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Add two counts, number by number."""
        return Counts(*(a + b for a, b in zip(self, other, strict=True)))


Row = tuple[tuple[str, str, str, str], tuple[int, int, int, int]]
"""A ledger row as it travels: a Key and its Counts, as plain tuples that Beam has coders for."""

LEDGER = pa.schema([(name, pa.string()) for name in Key._fields] + [(name, pa.int64()) for name in Counts._fields])
"""The columns of ledger.parquet."""


class Tally:
    """A ledger in the making: a mergeable sum of rows.

    >>> tally = Tally()
    >>> tally.add(Key("read", "docs", "", KEPT), Counts(docs=1, bytes=5))
    >>> tally.rows()
    [(('read', 'docs', '', 'kept'), (1, 5, 0, 0))]
    """

    def __init__(self, rows: Iterable[Sequence[Sequence[Any]]] = ()) -> None:
        self._sums: dict[Key, Counts] = {}
        for key, counts in rows:
            self.add(Key(*key), Counts(*counts))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and self._sums == other._sums

    def __iter__(self) -> Iterator[tuple[Key, Counts]]:
        return iter(sorted(self._sums.items()))

    def __repr__(self) -> str:
        return f"Tally({self.rows()!r})"

    def add(self, key: Key, counts: Counts) -> None:
        """Add counts to a row; zero documents leave no row."""
        if counts.docs:
            self._sums[key] = self._sums.get(key, Counts()).plus(counts)

    def book(self, stage: str, batch: pa.RecordBatch, outcome: pa.Array | None = None) -> None:
        """Book every document of a batch: its `source`, its `lang` if it has one, and its outcome (null is kept).

        Reads the columns source, n_bytes, n_chars, and lang and n_tokens where they are there.
        """
        names = batch.schema.names
        columns = [_codes(batch["source"])]
        columns.append(_codes(batch["lang"]) if "lang" in names else ([""], np.zeros(batch.num_rows, np.int64)))
        columns.append(([KEPT], np.zeros(batch.num_rows, np.int64)) if outcome is None else _codes(outcome, KEPT))
        group = np.zeros(batch.num_rows, np.int64)
        for values, codes in columns:
            group = group * len(values) + codes
        docs = np.bincount(group)
        sums = [
            np.bincount(group, weights=batch[name].to_numpy(zero_copy_only=False)) if name in names else None
            for name in ("n_bytes", "n_chars", "n_tokens")
        ]
        (sources, _), (langs, _), (outcomes, _) = columns
        for g in np.flatnonzero(docs).tolist():
            rest, o = divmod(g, len(outcomes))
            s, lang = divmod(rest, len(langs))
            key = Key(stage, sources[s], langs[lang], outcomes[o])
            self.add(key, Counts(int(docs[g]), *(0 if total is None else int(total[g]) for total in sums)))

    def rows(self) -> list[Row]:
        """Return the rows, sorted, as plain tuples."""
        return [((k.stage, k.source, k.lang, k.outcome), (c.docs, c.bytes, c.chars, c.tokens)) for k, c in self]

    def total(self, **where: str) -> Counts:
        """Add up the rows whose key has these values, such as `total(stage="read", outcome="kept")`."""
        total = Counts()
        for key, counts in self._sums.items():
            if all(getattr(key, name) == value for name, value in where.items()):
                total = total.plus(counts)
        return total

    def by(self, *names: str) -> dict[tuple[str, ...], Counts]:
        """Add up the rows over all but the named parts of the key."""
        sums: dict[tuple[str, ...], Counts] = {}
        for key, counts in self:
            part = tuple(getattr(key, name) for name in names)
            sums[part] = sums.get(part, Counts()).plus(counts)
        return sums

    def table(self) -> pa.Table:
        """Return the ledger as a table of `LEDGER`, sorted by key."""
        rows = [dict(zip(LEDGER.names, (*key, *counts), strict=True)) for key, counts in self]
        return pa.Table.from_pylist(rows, LEDGER)

    @classmethod
    def from_table(cls, table: pa.Table, *parts: str) -> "Tally":
        """Read a ledger back from its table; with names of parts of the key, added up over all other parts.

        Raises:
            KeyError: if a column is missing.
        """
        if parts:
            sums = table.group_by(list(parts), use_threads=False).aggregate([(name, "sum") for name in Counts._fields])
            names = [*parts, *Counts._fields]
            table = sums.select([*parts, *(f"{name}_sum" for name in Counts._fields)]).rename_columns(names)
        empty = [""] * len(table)
        keys = zip(*(table[n].to_pylist() if n in table.schema.names else empty for n in Key._fields), strict=True)
        return cls(zip(keys, zip(*(table[name].to_pylist() for name in Counts._fields), strict=True), strict=True))


def _codes(column: pa.Array, null: str = "") -> tuple[list[str], Any]:
    """Return a string column's distinct values and each row's code; null counts as the value `null`."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    values = column.dictionary.to_pylist()
    codes = column.indices
    if codes.null_count:
        codes = codes.fill_null(len(values))
        values = [*values, null]
    return values or [null], codes.to_numpy(zero_copy_only=False).astype(np.int64)


def broken_laws(tally: Tally, records: dict[str, int]) -> list[str]:
    """Return what does not add up, a sentence each; empty when every document is accounted for.

    1. The records that were counted in each source's files = the documents that `read` booked.
    2. Kept by one stage = kept and dropped by the next, in documents, bytes and characters: by source, and by language
       too once there is one.
    3. Tokens that `tokens` counted = tokens that `write` put into shards, by source and language.

    Args:
        tally: the whole run's ledger.
        records: source to the number of records in its files, counted apart from the ledger.
    """
    broken = []
    read = {source: counts.docs for (stage, source), counts in tally.by("stage", "source").items() if stage == "read"}
    for source in sorted(read.keys() | records.keys()):
        if read.get(source, 0) != records.get(source, 0):
            broken.append(f"source {source}: {records.get(source, 0)} records, but read booked {read.get(source, 0)}")
    for before, after in zip(STAGES, STAGES[1:], strict=False):
        parts = ("source",) if before == "read" else ("source", "lang")
        kept = Tally((key, counts) for key, counts in tally.rows() if key[0] == before and key[3] == KEPT).by(*parts)
        seen = Tally((key, counts) for key, counts in tally.rows() if key[0] == after).by(*parts)
        for part in sorted(kept.keys() | seen.keys()):
            a, b = kept.get(part, Counts()), seen.get(part, Counts())
            same = a == b if after == "write" else a[:3] == b[:3]
            if not same:
                broken.append(f"{'/'.join(part)}: {before} kept {tuple(a)}, {after} got {tuple(b)} {Counts._fields}")
    return broken


def check_laws(tally: Tally, records: dict[str, int]) -> None:
    """Raise LawError with every broken law, if there is one."""
    if broken := broken_laws(tally, records):
        raise LawError("the account does not add up:\n  " + "\n  ".join(broken))
