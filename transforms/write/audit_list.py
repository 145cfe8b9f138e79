"""The list of the audit's parts, `audit/_parts.json`.

A part is one work item's, and no byte of the manifest depends on how the work was cut: so the audit has its own list,
and the manifest vouches for the documents in it as a set (transforms/write/audit.py). Readers of a folder of Parquet
files pass over names that begin with `_`.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from babelmill.transforms.files.storage import exists, join, read_bytes

__all__ = ["AUDIT_LIST", "AUDIT_PART", "AuditPart", "dump_audit_list", "read_audit_list"]

AUDIT_LIST = "audit/_parts.json"
"""Its path below the output."""
AUDIT_PART = re.compile(r"audit/part-([0-9]{7})\.parquet\Z")
"""A part's path below the output, with its item's number."""
_FORMAT = 1


class AuditPart(NamedTuple):
    """A part: its path below the output, the file's size and SHA-256, and its rows.

    Lists of earlier versions have path and size alone.
    """

    path: str
    file_bytes: int
    sha256: str | None = None
    rows: int | None = None


def dump_audit_list(parts: Sequence[AuditPart]) -> bytes:
    """Return the content of the list."""
    return orjson.dumps({"format": _FORMAT, "parts": [part._asdict() for part in parts]}, option=orjson.OPT_INDENT_2)


def read_audit_list(output: str) -> list[AuditPart] | None:
    """Return the parts of an output's audit; None where there is no list of them, or a damaged one.

    Raises:
        WorldError: if it is there and cannot be read.
    """
    path = join(output, *AUDIT_LIST.split("/"))
    if not exists(path):
        return None
    try:
        found = orjson.loads(read_bytes(path))
        parts = [_part(part) for part in found["parts"]]
        return parts if found["format"] == _FORMAT and all(AUDIT_PART.match(part.path) for part in parts) else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _part(listed: dict[str, Any]) -> AuditPart:
    digest, rows = listed.get("sha256"), listed.get("rows")
    path, size = str(listed["path"]), int(listed["file_bytes"])
    return AuditPart(path, size, None if digest is None else str(digest), None if rows is None else int(rows))
