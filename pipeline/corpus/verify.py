"""Verify: recount a finished run. Whatever differs from the manifest is named."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from babelmill.pipeline.corpus.corpus import Output
from babelmill.pipeline.corpus.parquet_file import DAMAGE, STATISTICS_ROWS, first_line, opened, read_small_table
from babelmill.pipeline.corpus.shard import footer_of
from babelmill.pipeline.corpus.verify_audit import audit_problems
from babelmill.transforms.errors import BabelmillError, DamageError
from babelmill.transforms.files.storage import exists, find_below, join, open_file
from babelmill.transforms.ledger import KEPT, Counts, Tally, broken_laws
from babelmill.transforms.statistics.histograms import DROPPED
from babelmill.transforms.unknown import UNKNOWN, book_unknown
from babelmill.transforms.write.listed import Listed, ShardFile, broken_shards
from babelmill.transforms.write.manifest_file import MANIFEST, totals
from babelmill.transforms.write.shard_file import LANGUAGE
from babelmill.transforms.write.sharding import index_path
from babelmill.transforms.write.strata import Strata, broken_strata

__all__ = ["check_account", "verify"]

_COUNTED = {"ledger", "quarantine", "removals", "tokens"}
"""Tables whose rows are counted elsewhere too."""
_DAMAGE = (*DAMAGE, BabelmillError)


def verify(output: Output, progress: Callable[[str], None] = lambda path: None) -> Iterator[str]:
    """Yield what is wrong with a run, a sentence each; nothing for a sound one.

    Every shard: size, SHA-256, page checksums, rows, tokens and text recounted, the footer's metadata. The whole:
    shards against totals and ledger, the ledger against its laws, tables against their row counts, files that the
    manifest does not list.

    Args:
        output: the run.
        progress: called with each shard's path before it is read.
    """
    if broken := _seal(output):
        # Shards and tables are compared all the same: what is left of the manifest may name one that is wrong.
        yield broken
    yield from _everything(output, progress)


def _everything(output: Output, progress: Callable[[str], None]) -> Iterator[str]:
    manifest = output.manifest
    yield from _account(output)
    yield from (
        f"removals.parquet: {problem}" for problem in _table(output, "removals", _dropped(output.ledger, "dedup"))
    )
    yield from (f"quarantine.parquet: {problem}" for problem in _quarantine(output))
    yield from _index(output)
    strata, unknown, sound = Strata(), Tally(), True
    for shard in manifest.shards:
        progress(shard.path)
        for problem in _shard(output, shard, strata, unknown):
            yield f"{shard.path}: {problem}"
            sound = False
    # What is wrong with a shard has been told; its tokens would only be wrong here again.
    if sound and strata.rows() != output.strata.rows():
        yield "tokens.parquet: its sums are not those of the shards"
    if sound and unknown.rows() != [row for row in output.ledger.rows() if row[0][0] == UNKNOWN]:
        yield "ledger.parquet: its unknown tokens are not those of the shards"
    listed = {join(output.folder, file.path) for file in manifest.files}
    yield from audit_problems(output)
    for file in (*find_below(output.folder, "data/**"), *find_below(output.folder, "index/**")):
        if file.path not in listed:
            yield f"{file.path.removeprefix(output.folder).lstrip('/')}: not in the manifest"


def check_account(output: Output) -> None:
    """Check a run as far as its numbers go without reading a shard: its account, and that every shard is there whole.

    Raises:
        DamageError: with the first thing that is wrong.
    """
    sizes = {file.path: file.size for file in find_below(output.folder, "data/**")}

    def problems() -> Iterator[str]:
        if broken := _seal(output):
            yield broken
        yield from _account(output)
        for shard in output.manifest.shards:
            if (size := sizes.get(join(output.folder, shard.path))) != shard.file_bytes:
                found = "missing" if size is None else f"{size} bytes, {shard.file_bytes} in the manifest"
                yield f"{shard.path}: {found}"

    if problem := next(problems(), None):
        raise DamageError(f"{output.folder} is damaged: {problem}; babelmill verify tells everything that is wrong")


def _seal(output: Output) -> str:
    """Say what is wrong with the manifest's own digest; nothing for a sound one."""
    return "" if output.sealed else f"{MANIFEST}: its content is not what its own SHA-256 says"


def _account(output: Output) -> Iterator[str]:
    """Check ledger and strata, each against its digest, and against each other and the manifest."""
    manifest, ledger = output.manifest, output.ledger
    records: dict[str, int] = {}
    for row in manifest.inputs:
        records[row.source] = records.get(row.source, 0) + row.records
    yield from broken_laws(ledger, records)
    counted, said = asdict(totals(ledger, len(manifest.shards))), asdict(manifest.totals)
    for name in counted:
        if counted[name] != said[name]:
            yield f"{name}: {counted[name]} by ledger and shards, {said[name]} in the manifest's totals"
    yield from broken_shards(manifest.shards, ledger)
    yield from (f"tokens.parquet: {problem}" for problem in broken_strata(output.strata, ledger))
    yield from (f"ledger.parquet: {problem}" for problem in _table(output, "ledger", len(ledger.rows())))
    yield from (f"tokens.parquet: {problem}" for problem in _table(output, "tokens", len(output.strata.rows())))
    yield from _statistics(output)
    for name in sorted(manifest.tables.keys() - _COUNTED):
        yield from (f"{name}.parquet: {problem}" for problem in _table(output, name, None))


def _index(output: Output) -> Iterator[str]:
    """Check the index: each file's digest, and a row for each document of its shard."""
    documents = {index_path(shard.path): shard.rows for shard in output.manifest.shards}
    for listed in output.manifest.index_files:
        path = listed.path
        if listed.rows != documents.get(path):
            yield f"{path}: {listed.rows} rows, {documents.get(path)} in its shard"
        try:
            with open_file(join(output.folder, path)) as file:
                yield from (f"{path}: {problem}" for problem in _digest(file, listed))
        except _DAMAGE as error:
            yield f"{path}: cannot be read: {_why(error)}"


def _statistics(output: Output) -> Iterator[str]:
    """Compare every histogram's sums with the ledger: what came to the screen, what passed it."""
    if "statistics" not in output.manifest.tables:
        return
    try:
        table = read_small_table(join(output.folder, "statistics.parquet"), STATISTICS_ROWS)
        found = (
            table.group_by(["signal", "lang", "outcome"], use_threads=False).aggregate([("docs", "sum")]).to_pylist()
        )
    except _DAMAGE as error:
        yield f"statistics.parquet: cannot be read: {_why(error)}"
        return
    docs = {(row["signal"], row["lang"], row["outcome"]): row["docs_sum"] for row in found}
    counts = output.ledger.by("stage", "lang", "outcome")
    for signal, lang, outcome in sorted(docs):
        stage = "dedup" if signal == "cluster_size" else "quality"
        booked = counts.get((stage, lang, KEPT), Counts()).docs
        if outcome == DROPPED:
            # What is known before the quality is measured is known of unwanted languages too.
            before = ("language", "quality") if signal in ("n_chars", "lang_score") else ("quality",)
            booked = sum(
                found.docs for (at, of, what), found in counts.items() if at in before and of == lang and what != KEPT
            )
        counted = docs[signal, lang, outcome]
        if counted != booked:
            yield f"statistics.parquet: {counted} {outcome} by {signal} in {lang}, {booked} in the ledger"


def _dropped(ledger: Tally, stage: str) -> int:
    return ledger.total(stage=stage).docs - ledger.total(stage=stage, outcome=KEPT).docs


def _table(output: Output, name: str, booked: int | None) -> Iterator[str]:
    """Check one of the tables beside the shards; `booked` rows by the ledger, None where it does not say."""
    listed = output.manifest.tables.get(name)
    rows = listed.rows if listed else None
    wanted, where = (rows, "manifest") if booked is None else (booked, "ledger")
    if rows != wanted:
        yield f"{rows} rows in the manifest, {wanted} in the ledger"
    try:
        path = join(output.folder, f"{name}.parquet")
        with open_file(path) as file:
            yield from _digest(file, listed)
        with opened(path) as table:
            if table.rows != wanted:
                yield f"{table.rows} rows, {wanted} in the {where}"
                return
            # The footer may lie: that all of them are there is seen by reading them.
            for _ in table.batches():
                pass
    except _DAMAGE as error:
        yield f"cannot be read: {_why(error)}"


def _quarantine(output: Output) -> Iterator[str]:
    """Check that the quarantine has all records that the ledger says were unreadable: a row may stand for many."""
    if problems := list(_table(output, "quarantine", None)):
        yield from problems
        return
    with opened(join(output.folder, "quarantine.parquet")) as table:
        if "records" in table.metadata.schema.names:
            records = sum(pc.sum(batch["records"]).as_py() or 0 for batch in table.batches(["records"]))
        else:
            records = table.rows
    if records != (booked := _dropped(output.ledger, "read")):
        yield f"{records} records, {booked} in the ledger"


def _why(error: BaseException) -> str:
    """Return why a file cannot be read; its path, which a DamageError begins with, stands in front anyway."""
    return first_line(error).rpartition(" cannot be read: ")[2]


def _digest(file: IO[bytes], listed: Listed | None) -> Iterator[str]:
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
            yield from _digest(file, shard)
        yield from _content(path, shard, output, strata, unknown)
    except _DAMAGE as error:
        yield f"cannot be read: {_why(error)}"


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
