"""The list of the audit's parts, `audit/_parts.json`.

A part is one work item's, and no byte of the manifest depends on how the work was cut: so the audit has its own list,
and the manifest vouches for the documents in it as a set (transforms/write/audit.py). Readers of a folder of Parquet
files pass over names that begin with `_`.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Final, Literal

import orjson
from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass

from babelmill.transforms.files.storage import exists, join, read_bytes
from babelmill.transforms.write.listed import Count, Digest

__all__ = ["AUDIT_LIST", "AUDIT_PART", "AuditPart", "dump_audit_list", "read_audit_list"]

AUDIT_LIST = "audit/_parts.json"
"""Its path below the output."""
_PART = r"audit/part-([0-9]{7})\.parquet"
AUDIT_PART = re.compile(rf"{_PART}\Z")
"""A part's path below the output, with its item's slot."""
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class AuditPart:
    """A part: its path below the output, the file's size and SHA-256, and its rows.

    Lists of earlier versions have path and size alone.
    """

    path: Annotated[str, Field(strict=True, pattern=f"^{_PART}$")]
    file_bytes: Count
    sha256: Digest | None = None
    rows: Count | None = None


@dataclass(frozen=True, slots=True)
class _List:
    format: Literal[1]
    parts: tuple[AuditPart, ...]


_LIST = TypeAdapter(_List)


def dump_audit_list(parts: Sequence[AuditPart]) -> bytes:
    """Return the content of the list."""
    return orjson.dumps(_List(_FORMAT, tuple(parts)), option=orjson.OPT_INDENT_2)


def read_audit_list(output: str) -> tuple[AuditPart, ...] | None:
    """Return the parts of an output's audit; None where there is no list of them, or a damaged one.

    Raises:
        WorldError: if it is there and cannot be read.
    """
    path = join(output, *AUDIT_LIST.split("/"))
    try:
        return _LIST.validate_python(orjson.loads(read_bytes(path))).parts if exists(path) else None
    except ValueError:
        return None
