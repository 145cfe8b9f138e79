"""Verify the shards: each is recounted, by several processes where there are many bytes.

A shard's size, SHA-256, page checksums, rows, tokens and text, and its footer's metadata. What is counted of all shards
together is compared by `verify`.
"""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import repeat
from multiprocessing import get_context
from typing import IO, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from babelmill.pipeline.corpus.corpus import Output, open_output
from babelmill.pipeline.corpus.parquet_file import DAMAGE, first_line, opened
from babelmill.pipeline.corpus.shard import footer_of
from babelmill.transforms.errors import BabelmillError
from babelmill.transforms.files.storage import exists, join, open_file
from babelmill.transforms.ledger import Counts, Row, Tally
from babelmill.transforms.unknown import book_unknown
from babelmill.transforms.write.listed import Listed, ShardFile
from babelmill.transforms.write.shard_file import LANGUAGE
from babelmill.transforms.write.strata import Strata

__all__ = ["UNREADABLE", "Counted", "count_shards", "digest_problems", "why_unread"]

UNREADABLE = (*DAMAGE, BabelmillError)
"""What a damaged file raises."""


class Counted(NamedTuple):
    """What was counted in a shard: `problems`, a sentence each; rows of the strata, and of unknown tokens."""

    problems: list[str]
    strata: list[Row]
    unknown: list[Row]


def count_shards(output: Output, workers: int = 1) -> Iterator[tuple[str, Counted]]:
    """Recount all shards; yield each one's path and what was counted, in the manifest's order.

    Args:
        output: the run.
        workers: processes; 1 counts in this one.
    """
    shards = output.manifest.shards
    if workers == 1 or len(shards) < 2:
        yield from ((shard.path, _count(output, shard)) for shard in shards)
        return
    # Not forked: Arrow's threads would not be there in the child.
    with ProcessPoolExecutor(min(workers, len(shards)), get_context("spawn")) as pool:
        try:
            counted = pool.map(_count_in, repeat(output.folder), range(len(shards)))
            yield from zip((shard.path for shard in shards), counted, strict=True)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


_opened = cache(open_output)


def _count_in(folder: str, number: int) -> Counted:
    """Recount one shard of a run, in another process: what travels is a name, not a manifest."""
    output = _opened(folder)
    return _count(output, output.manifest.shards[number])


def _count(output: Output, shard: ShardFile) -> Counted:
    strata, unknown = Strata(), Tally()
    problems = list(_shard(output, shard, strata, unknown))
    return Counted(problems, strata.rows(), unknown.rows())


def why_unread(error: BaseException) -> str:
    """Return why a file cannot be read; its path, which a DamageError begins with, stands in front anyway."""
    return first_line(error).rpartition(" cannot be read: ")[2]


def digest_problems(file: IO[bytes], listed: Listed | None) -> Iterator[str]:
    """Compare a file's size and digest with the manifest's; leave it at its beginning."""
    digest, size = hashlib.sha256(), 0
    while block := file.read(1 << 22):
        digest.update(block)
        size += len(block)
    file.seek(0)
    said = (listed.file_bytes, listed.sha256) if listed else (None, None)
    if size != said[0]:
        yield f"{size} bytes, {said[0]} in the manifest"
    if digest.hexdigest() != said[1]:
        yield f"SHA-256 is {digest.hexdigest()}, {said[1]} in the manifest"


def _shard(output: Output, shard: ShardFile, strata: Strata, unknown: Tally) -> Iterator[str]:
    """Check one shard, and book it in the strata, and what is unknown in it."""
    path = join(output.folder, shard.path)
    if not exists(path):
        yield "missing"
        return
    try:
        with open_file(path) as file:
            yield from digest_problems(file, shard)
        yield from _content(path, shard, output, strata, unknown)
    except UNREADABLE as error:
        yield f"cannot be read: {why_unread(error)}"


def _content(path: str, shard: ShardFile, output: Output, strata: Strata, unknown: Tally) -> Iterator[str]:
    tokenizer = output.manifest.tokenizer
    number = tokenizer.unknown_id if tokenizer else None
    with opened(path) as table:
        if table.rows != shard.rows:
            yield f"{table.rows} rows, {shard.rows} in the manifest"
            return
        found = Counts()
        sources = pa.array(output.sources, pa.string())
        for batch in table.batches():
            if not pc.all(pc.is_in(batch["source"].cast(pa.string()), sources)).as_py():
                yield "documents of a source that the run does not have"
                return
            ids = pc.sum(pc.list_value_length(batch["tokens"])).as_py() if "tokens" in batch.schema.names else None
            counts = [pc.sum(batch[name]).as_py() for name in ("n_bytes", "n_chars", "n_tokens")]
            if ids is not None and ids != counts[2]:
                yield f"{ids} token ids, but n_tokens adds up to {counts[2]}"
            if ids is not None and number is not None and "n_unknown" in batch.schema.names:
                counted = pc.sum(pc.equal(pc.list_flatten(batch["tokens"]), number)).as_py() or 0
                if counted != (said := pc.sum(batch["n_unknown"]).as_py()):
                    yield f"{counted} unknown tokens, but n_unknown adds up to {said}"
            # Shards of earlier versions have no such column.
            if LANGUAGE in batch.schema.names:
                same = pc.fill_null(pc.equal(batch[LANGUAGE], shard.lang), False)
                if not pc.all(same).as_py():
                    yield f"documents whose {LANGUAGE} is not {shard.lang}"
            if pc.sum(pc.binary_length(batch["text"])).as_py() != counts[0]:
                yield "n_bytes does not add up to the text"
            found = found.plus(Counts(batch.num_rows, *counts))
            strata.book(batch, shard.lang)
            book_unknown(unknown, batch, shard.lang)
        for name, counted, said in (
            ("bytes of text", found.bytes, shard.text_bytes),
            ("tokens", found.tokens, shard.tokens),
        ):
            if counted != said:
                yield f"{counted} {name}, {said} in the manifest"
        footer = footer_of(table) or {}
        if footer.get("config_digest") != output.manifest.config_digest or footer.get("lang") != shard.lang:
            yield "the footer says that the shard belongs to another run or language"
