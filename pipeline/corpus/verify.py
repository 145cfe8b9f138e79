"""Verify: recount a finished run. Whatever differs from the manifest is named."""

from collections.abc import Callable, Iterator
from dataclasses import asdict

import pyarrow.compute as pc

from babelmill.pipeline.corpus.corpus import Output
from babelmill.pipeline.corpus.parquet_file import STATISTICS_ROWS, opened, read_small_table
from babelmill.pipeline.corpus.verify_audit import audit_problems
from babelmill.pipeline.corpus.verify_shards import UNREADABLE, count_shards, digest_problems, why_unread
from babelmill.transforms.errors import DamageError
from babelmill.transforms.files.storage import find_below, join, open_file
from babelmill.transforms.ledger import KEPT, Counts, Row, Tally, broken_laws
from babelmill.transforms.statistics.histograms import DROPPED
from babelmill.transforms.unknown import UNKNOWN
from babelmill.transforms.write.listed import broken_shards
from babelmill.transforms.write.manifest_file import MANIFEST, totals
from babelmill.transforms.write.sharding import index_path
from babelmill.transforms.write.strata import Strata, broken_strata

__all__ = ["check_account", "verify"]

_COUNTED = {"ledger", "quarantine", "removals", "tokens"}
"""Tables whose rows are counted elsewhere too."""


def verify(output: Output, progress: Callable[[str], None] = lambda path: None, workers: int = 1) -> Iterator[str]:
    """Yield what is wrong with a run, a sentence each; nothing for a sound one.

    Every shard: size, SHA-256, page checksums, rows, tokens and text recounted, the footer's metadata. The whole:
    shards against totals and ledger, the ledger against its laws, tables against their row counts, files that the
    manifest does not list.

    Args:
        output: the run.
        progress: called with each shard's path once it is recounted.
        workers: processes that read shards; 1 reads them in this one.
    """
    if broken := _seal(output):
        # Shards and tables are compared all the same: what is left of the manifest may name one that is wrong.
        yield broken
    yield from _everything(output, progress, workers)


def _everything(output: Output, progress: Callable[[str], None], workers: int) -> Iterator[str]:
    manifest = output.manifest
    yield from _account(output)
    yield from (
        f"removals.parquet: {problem}" for problem in _table(output, "removals", _dropped(output.ledger, "dedup"))
    )
    yield from (f"quarantine.parquet: {problem}" for problem in _quarantine(output))
    yield from _index(output)
    strata: list[Row] = []
    unknown: list[Row] = []
    sound = True
    for path, counted in count_shards(output, workers):
        progress(path)
        strata += counted.strata
        unknown += counted.unknown
        for problem in counted.problems:
            yield f"{path}: {problem}"
            sound = False
    # What is wrong with a shard has been told; its tokens would only be wrong here again.
    if sound and Strata(strata).rows() != output.strata.rows():
        yield "tokens.parquet: its sums are not those of the shards"
    if sound and Tally(unknown).rows() != [row for row in output.ledger.rows() if row[0][0] == UNKNOWN]:
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
                yield from (f"{path}: {problem}" for problem in digest_problems(file, listed))
        except UNREADABLE as error:
            yield f"{path}: cannot be read: {why_unread(error)}"


def _statistics(output: Output) -> Iterator[str]:
    """Compare every histogram's sums with the ledger: what came to the screen, what passed it."""
    if "statistics" not in output.manifest.tables:
        return
    try:
        table = read_small_table(join(output.folder, "statistics.parquet"), STATISTICS_ROWS)
        found = (
            table.group_by(["signal", "lang", "outcome"], use_threads=False).aggregate([("docs", "sum")]).to_pylist()
        )
    except UNREADABLE as error:
        yield f"statistics.parquet: cannot be read: {why_unread(error)}"
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
            yield from digest_problems(file, listed)
        with opened(path) as table:
            if table.rows != wanted:
                yield f"{table.rows} rows, {wanted} in the {where}"
                return
            # The footer may lie: that all of them are there is seen by reading them.
            for _ in table.batches():
                pass
    except UNREADABLE as error:
        yield f"cannot be read: {why_unread(error)}"


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
