"""The list of the audit's parts, `audit/_parts.json`.

A part is one work item's, and no byte of the manifest depends on how the work was cut: so the audit has its own list.
Readers of a folder of Parquet files pass over names that begin with `_`.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import orjson

from transforms.storage import exists, join, read_bytes

__all__ = ["AUDIT_LIST", "AUDIT_PART", "AuditPart", "dump_audit_list", "read_audit_list"]

AUDIT_LIST = "audit/_parts.json"
"""Its path below the output."""
AUDIT_PART = re.compile(r"audit/part-([0-9]{7})\.parquet\Z")
"""A part's path below the output, with its item's number."""
_FORMAT = 1


class AuditPart(NamedTuple):
    """A part: its path below the output, and the file's size."""

    path: str
    file_bytes: int


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
        parts = [AuditPart(str(part["path"]), int(part["file_bytes"])) for part in found["parts"]]
        return parts if found["format"] == _FORMAT and all(AUDIT_PART.match(part.path) for part in parts) else None
    except (ValueError, TypeError, KeyError):
        return None
