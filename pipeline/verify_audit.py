"""Verify the audit: every part is what its list says, and all parts together are what the manifest says."""

import hashlib
from collections.abc import Iterator
from typing import IO, Any

import pyarrow as pa

from pipeline.output import Output
from transforms.errors import BabelmillError
from transforms.parquet import open_parquet
from transforms.storage import find_below, join, open_file
from transforms.write.audit import AuditSum, RowsDigest, broken_audit
from transforms.write.audit_list import AUDIT_LIST, AuditPart, read_audit_list
from transforms.write.manifest_file import MANIFEST

__all__ = ["audit_problems", "audit_sizes"]

_DAMAGE = (pa.ArrowException, OSError, BabelmillError, ValueError, KeyError, TypeError)
_BATCH_ROWS = 256
"""Rows that are read at a time."""


def audit_problems(output: Output) -> Iterator[str]:
    """Yield what is wrong with a run's audit, a sentence each.

    Each part is there, and has the size, SHA-256 and rows that `audit/_parts.json` says; no other Parquet file is
    beside them. All rows together have the digest that the manifest says, and are as many as the ledger says were
    dropped. A part is read a few rows at a time.

    Runs of earlier versions have no `audit` in the manifest, and sizes alone in the list, or no list: what is there is
    compared.
    """
    said = output.manifest.get("audit")
    listed = read_audit_list(output.folder)
    if said is not None:
        yield from (f"{MANIFEST}: {problem}" for problem in broken_audit(_sum(said), output.ledger))
        if listed is None:
            yield f"{AUDIT_LIST}: missing or damaged"
            return
    digest, sound = RowsDigest(), True
    for part in listed or ():
        for problem in _part(output, part, digest):
            yield f"{part.path}: {problem}"
            sound = False
    if said is not None:
        yield from _unlisted(output, {part.path for part in listed or ()})
        # What is wrong with a part has been said; the sum would only be wrong here again.
        if sound and digest.sum != _sum(said):
            yield f"{AUDIT_LIST}: its parts have {_told(digest.sum)}, but {MANIFEST} says {_told(_sum(said))}"


def audit_sizes(output: Output) -> Iterator[str]:
    """Yield which parts of the audit are not there, or not whole, as far as their sizes go; a sentence each."""
    for part in read_audit_list(output.folder) or ():
        yield from (f"{part.path}: {problem}" for problem in _size(output, part))


def _sum(said: dict[str, Any]) -> AuditSum:
    return AuditSum(said["rows"], said["text_bytes"], said["digest"])


def _told(found: AuditSum) -> str:
    return f"{found.rows} rows with {found.text_bytes} bytes of text and the digest {found.digest}"


def _unlisted(output: Output, listed: set[str]) -> Iterator[str]:
    base = join(output.folder, "")
    for file in find_below(output.folder, "audit/*.parquet"):
        if (path := file.path.removeprefix(base)) not in listed:
            yield f"{path}: not in {AUDIT_LIST}"


def _size(output: Output, part: AuditPart) -> Iterator[str]:
    sizes = [file.size for file in find_below(output.folder, part.path)]
    if sizes != [part.file_bytes]:
        yield f"{sizes[0]} bytes, {part.file_bytes} in {AUDIT_LIST}" if sizes else "missing"


def _part(output: Output, part: AuditPart, digest: RowsDigest) -> Iterator[str]:
    """Check one part, and add its rows to the digest."""
    problem = next(_size(output, part), None)
    if problem is not None:
        yield problem
    if problem == "missing" or part.sha256 is None:
        return
    try:
        with open_file(join(output.folder, *part.path.split("/"))) as file:
            found = _sha256(file)
            if found != part.sha256:
                yield f"SHA-256 is {found}, {part.sha256} in {AUDIT_LIST}"
            before = digest.sum.rows
            for batch in open_parquet(file).iter_batches(_BATCH_ROWS, use_threads=False):
                digest.add(batch)
        if (rows := digest.sum.rows - before) != part.rows:
            yield f"{rows} rows, {part.rows} in {AUDIT_LIST}"
    except _DAMAGE as error:
        yield f"cannot be read: {(str(error) or repr(error)).splitlines()[0]}"


def _sha256(file: IO[bytes]) -> str:
    """Return a file's SHA-256; leave it at its beginning."""
    digest = hashlib.sha256()
    while block := file.read(1 << 22):
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()
