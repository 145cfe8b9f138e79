"""What manifests and sidecars list: a row for each file, and sums. Each is checked when it is made or read.

A path leads below the run's folder, a count is in [0, 2^63), a digest is a SHA-256 of 64 hexadecimal digits. The order
of the fields is that of the keys in the JSON.
"""

from collections.abc import Iterable
from typing import Annotated, Protocol

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from babelmill.transforms.ledger import Counts, Tally

__all__ = [
    "AuditFile",
    "AuditSum",
    "Count",
    "Digest",
    "HashedFile",
    "IndexFile",
    "InputFile",
    "Listed",
    "ShardFile",
    "TableFile",
    "Text",
    "Totals",
    "broken_shards",
]

Count = Annotated[int, Field(ge=0, lt=1 << 63, strict=True)]
Text = Annotated[str, Field(strict=True)]
Digest = Annotated[str, Field(strict=True, pattern="^[0-9a-f]{64}$")]
_BELOW = r"^%s/lang=[^/\\\x00]+/[^/\\\x00]+\.parquet$"
_MODULUS = 1 << 256


class Listed(Protocol):
    """Any file of which size and SHA-256 are listed; None where a list of an earlier version does not say."""

    @property
    def file_bytes(self) -> int:
        """Its size."""

    @property
    def sha256(self) -> str | None:
        """Of all its bytes."""


@dataclass(frozen=True, slots=True)
class HashedFile:
    """A file of an item: the staged documents, the signatures."""

    file_bytes: Count
    sha256: Digest


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table of a run or of an item."""

    rows: Count
    file_bytes: Count
    sha256: Digest


@dataclass(frozen=True, slots=True)
class AuditFile(TableFile):
    """A part of the audit, in its item's sidecar: with its documents' bytes of text, and the digest of its rows."""

    text_bytes: Count
    digest: Digest


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class ShardFile:
    """A shard: where it is below the output, what it holds, and the file's size and digest."""

    path: Annotated[str, Field(strict=True, pattern=_BELOW % "data")]
    lang: Text
    rows: Count
    text_bytes: Count
    tokens: Count
    file_bytes: Count
    sha256: Digest


@dataclass(frozen=True, slots=True)
class IndexFile:
    """What a later run needs of a shard: where it is below the output, and the file's rows, size and digest."""

    path: Annotated[str, Field(strict=True, pattern=_BELOW % "index")]
    rows: Count
    file_bytes: Count
    sha256: Digest


@dataclass(frozen=True, slots=True)
class InputFile:
    """An input file: the source that it is of, its size, how many records it had, and how many bytes were not read."""

    path: Text
    source: Text
    bytes: Count
    records: Count
    lost_bytes: Count = 0


@dataclass(frozen=True, slots=True)
class AuditSum:
    """All dropped documents of a run, or some: how many, their bytes of text, and the digest of their rows."""

    rows: Count = 0
    text_bytes: Count = 0
    digest: Digest = "0" * 64

    def plus(self, other: "AuditSum | AuditFile") -> "AuditSum":
        """Add the documents of another one, or of a part."""
        digest = (int(self.digest, 16) + int(other.digest, 16)) % _MODULUS
        return AuditSum(self.rows + other.rows, self.text_bytes + other.text_bytes, f"{digest:064x}")


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a run: records that were read, and what was written of them."""

    documents_read: Count
    documents: Count
    text_bytes: Count
    characters: Count
    tokens: Count
    shards: Count
    unknown_tokens: Count = 0
    characters_without_token: Count = 0


def broken_shards(shards: Iterable[ShardFile], tally: Tally) -> list[str]:
    """Return where the listed shards differ from what `write` booked, by language; a sentence each."""
    booked = {lang: counts for (stage, lang), counts in tally.by("stage", "lang").items() if stage == "write"}
    listed: dict[str, tuple[int, ...]] = {}
    for shard in shards:
        before = listed.get(shard.lang, (0, 0, 0))
        listed[shard.lang] = before[0] + shard.rows, before[1] + shard.text_bytes, before[2] + shard.tokens
    broken = []
    for lang in sorted(booked.keys() | listed.keys()):
        counts = booked.get(lang, Counts())
        found = zip(listed.get(lang, (0, 0, 0)), (counts.docs, counts.bytes, counts.tokens), strict=True)
        for name, (of_shards, of_ledger) in zip(("documents", "bytes of text", "tokens"), found, strict=True):
            if of_shards != of_ledger:
                broken.append(f"{lang}: {of_shards} {name} in the manifest's shards, {of_ledger} in the ledger")
    return broken
