"""Verify the audit: every part is what its list says, and all parts together are what the manifest says."""

from collections.abc import Iterator

from babelmill.pipeline.corpus.corpus import Output
from babelmill.pipeline.corpus.parquet_file import opened
from babelmill.transforms.errors import BabelmillError
from babelmill.transforms.files.storage import file_digest, find_below, join, look
from babelmill.transforms.write.audit import RowsDigest, broken_audit
from babelmill.transforms.write.audit_list import AUDIT_LIST, AuditPart, read_audit_list
from babelmill.transforms.write.listed import AuditSum
from babelmill.transforms.write.manifest_file import MANIFEST

__all__ = ["audit_problems", "audit_sizes"]


def audit_problems(output: Output) -> Iterator[str]:
    """Yield what is wrong with a run's audit, a sentence each.

    Each part is there, and has the size, SHA-256 and rows that `audit/_parts.json` says; no other Parquet file is
    beside them. All rows together have the digest that the manifest says, and are as many as the ledger says were
    dropped. A part is read within the limits of all that only looks.

    Runs of earlier versions have no `audit` in the manifest, and sizes alone in the list, or no list: what is there is
    compared.
    """
    said = output.manifest.audit
    listed = read_audit_list(output.folder)
    if said is not None:
        yield from (f"{MANIFEST}: {problem}" for problem in broken_audit(said, output.ledger))
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
        if sound and digest.sum != said:
            yield f"{AUDIT_LIST}: its parts have {_told(digest.sum)}, but {MANIFEST} says {_told(said)}"


def audit_sizes(output: Output) -> Iterator[str]:
    """Yield which parts of the audit are not there, or not whole, as far as their sizes go; a sentence each."""
    for part in read_audit_list(output.folder) or ():
        yield from (f"{part.path}: {problem}" for problem in _size(output, part))


def _told(found: AuditSum) -> str:
    return f"{found.rows} rows with {found.text_bytes} bytes of text and the digest {found.digest}"


def _unlisted(output: Output, listed: set[str]) -> Iterator[str]:
    base = join(output.folder, "")
    for file in find_below(output.folder, "audit/*.parquet"):
        if (path := file.path.removeprefix(base)) not in listed:
            yield f"{path}: not in {AUDIT_LIST}"


def _path(output: Output, part: AuditPart) -> str:
    return join(output.folder, *part.path.split("/"))


def _size(output: Output, part: AuditPart) -> Iterator[str]:
    found = look(_path(output, part))
    if found is None or found.size != part.file_bytes:
        yield f"{found.size} bytes, {part.file_bytes} in {AUDIT_LIST}" if found else "missing"


def _part(output: Output, part: AuditPart, digest: RowsDigest) -> Iterator[str]:
    """Check one part, and add its rows to the digest."""
    problem = next(_size(output, part), None)
    if problem is not None:
        yield problem
    if problem == "missing" or part.sha256 is None:
        return
    path = _path(output, part)
    try:
        found = file_digest(path)
        if found != part.sha256:
            yield f"SHA-256 is {found}, {part.sha256} in {AUDIT_LIST}"
        with opened(path) as table:
            if table.rows != part.rows:
                yield f"{table.rows} rows, {part.rows} in {AUDIT_LIST}"
                return
            for batch in table.batches():
                digest.add(batch)
    except BabelmillError as error:
        yield str(error)
