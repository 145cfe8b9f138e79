"""Verify: recount a finished run. Whatever differs from the manifest is named."""

import hashlib
from collections.abc import Callable, Iterator
from typing import IO, Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.output import Output
from transforms.errors import BabelmillError
from transforms.ledger import KEPT, Counts, Tally, broken_laws
from transforms.statistics.histograms import DROPPED
from transforms.storage import exists, find_below, join, open_file, read_bytes, read_table
from transforms.write.manifest_file import MANIFEST, dump_manifest, totals
from transforms.write.shard_file import METADATA_KEY

__all__ = ["verify"]

_DAMAGE = (pa.ArrowException, OSError, BabelmillError, ValueError, KeyError)


def verify(output: Output, progress: Callable[[str], None] = lambda path: None) -> Iterator[str]:
    """Yield what is wrong with a run, a sentence each; nothing for a sound one.

    Every shard: size, SHA-256, page checksums, rows, tokens and text recounted, the footer's metadata. The whole:
    shards against totals and ledger, the ledger against its laws, tables against their row counts, files that the
    manifest does not list.

    Args:
        output: the run.
        progress: called with each shard's path before it is read.
    """
    manifest = output.manifest
    yield from _whole(output)
    for shard in manifest["shards"]:
        progress(shard["path"])
        path = join(output.folder, shard["path"])
        if not exists(path):
            yield f"{shard['path']}: missing"
            continue
        try:
            yield from (f"{shard['path']}: {problem}" for problem in _shard(path, shard, manifest))
        except _DAMAGE as error:
            yield f"{shard['path']}: cannot be read: {str(error).splitlines()[0]}"
    listed = {join(output.folder, shard["path"]) for shard in manifest["shards"]}
    for file in find_below(output.folder, "data/**"):
        if file.path not in listed:
            yield f"{file.path.removeprefix(output.folder).lstrip('/')}: not in the manifest"


def _whole(output: Output) -> Iterator[str]:
    """Check what the manifest says of the whole."""
    manifest, ledger = output.manifest, output.ledger
    shards = manifest["shards"]
    if read_bytes(join(output.folder, MANIFEST)) != dump_manifest(manifest):
        yield f"{MANIFEST}: its content is not what its own SHA-256 says"
    records: dict[str, int] = {}
    for row in manifest["inputs"]:
        records[row["source"]] = records.get(row["source"], 0) + row["records"]
    yield from broken_laws(ledger, records)
    for name, counted in totals(ledger, shards).items():
        if counted != manifest["totals"].get(name):
            yield f"{name}: {counted} by ledger and shards, {manifest['totals'].get(name)} in the manifest's totals"
    langs = {shard["lang"] for shard in shards} | {key.lang for key, _ in ledger if key.stage == "write"}
    for lang in sorted(langs):
        mine = [shard for shard in shards if shard["lang"] == lang]
        booked = ledger.total(stage="write", lang=lang)
        for name, of_shards, of_ledger in (
            ("documents", sum(shard["rows"] for shard in mine), booked.docs),
            ("bytes of text", sum(shard["text_bytes"] for shard in mine), booked.bytes),
            ("tokens", sum(shard["tokens"] for shard in mine), booked.tokens),
        ):
            if of_shards != of_ledger:
                yield f"{lang}: {of_shards} {name} in the manifest's shards, {of_ledger} in the ledger"
    yield from _statistics(output)
    rows = {"removals": _dropped(ledger, "dedup"), "quarantine": _dropped(ledger, "read"), "ledger": len(ledger.rows())}
    for name in {**rows, **manifest["tables"]}:
        yield from (f"{name}.parquet: {problem}" for problem in _table(output, name, rows.get(name)))


def _statistics(output: Output) -> Iterator[str]:
    """Compare every histogram's sums with the ledger: what came to the screen, what passed it."""
    if "statistics" not in output.manifest["tables"]:
        return
    try:
        table = read_table(join(output.folder, "statistics.parquet"))
        found = table.group_by(["signal", "lang", "outcome"]).aggregate([("docs", "sum")]).to_pylist()
    except _DAMAGE as error:
        yield f"statistics.parquet: cannot be read: {str(error).splitlines()[0]}"
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
    listed = output.manifest["tables"].get(name, {})
    wanted, where = (listed.get("rows"), "manifest") if booked is None else (booked, "ledger")
    if listed.get("rows") != wanted:
        yield f"{listed.get('rows')} rows in the manifest, {wanted} in the ledger"
    try:
        with open_file(join(output.folder, f"{name}.parquet")) as file:
            yield from _digest(file, listed)
            found = pq.read_table(file, page_checksum_verification=True).num_rows
        if found != wanted:
            yield f"{found} rows, {wanted} in the {where}"
    except _DAMAGE as error:
        yield f"cannot be read: {str(error).splitlines()[0]}"


def _digest(file: IO[bytes], listed: dict[str, Any]) -> Iterator[str]:
    """Compare a file's size and digest with the manifest's; leave it at its beginning."""
    digest, size = hashlib.sha256(), 0
    while block := file.read(1 << 22):
        digest.update(block)
        size += len(block)
    file.seek(0)
    if size != listed.get("file_bytes"):
        yield f"{size} bytes, {listed.get('file_bytes')} in the manifest"
    if digest.hexdigest() != listed.get("sha256"):
        yield f"SHA-256 is {digest.hexdigest()}, {listed.get('sha256')} in the manifest"


def _shard(path: str, shard: dict[str, Any], manifest: dict[str, Any]) -> Iterator[str]:
    """Check one shard."""
    with open_file(path) as file:
        yield from _digest(file, shard)
        parquet = pq.ParquetFile(file, page_checksum_verification=True)
        found = Counts()
        for batch in parquet.iter_batches():
            ids = pc.sum(pc.list_value_length(batch["tokens"])).as_py() if "tokens" in batch.schema.names else None
            counts = [pc.sum(batch[name]).as_py() for name in ("n_bytes", "n_chars", "n_tokens")]
            if ids is not None and ids != counts[2]:
                yield f"{ids} token ids, but n_tokens adds up to {counts[2]}"
            if pc.sum(pc.binary_length(batch["text"])).as_py() != counts[0]:
                yield "n_bytes does not add up to the text"
            found = found.plus(Counts(batch.num_rows, *counts))
        for name, counted, said in (
            ("rows", found.docs, shard["rows"]),
            ("bytes of text", found.bytes, shard["text_bytes"]),
            ("tokens", found.tokens, shard["tokens"]),
        ):
            if counted != said:
                yield f"{counted} {name}, {said} in the manifest"
        footer = orjson.loads((parquet.metadata.metadata or {}).get(METADATA_KEY.encode(), b"{}"))
        if footer.get("config_digest") != manifest["config_digest"] or footer.get("lang") != shard["lang"]:
            yield "the footer says that the shard belongs to another run or language"
