"""Temporary names: what a local file is called before its rename, and who began it."""

import os
import re
import secrets
import threading

__all__ = ["TEMPORARY", "named_finally", "temporary_name", "writer_of"]

TEMPORARY = ".tmp-"
"""What a local file is called before its rename: its name, this, and the writer's process, thread and random token.

Two hosts, or two containers, may have the same process and thread numbers, so these alone do not tell writers apart."""

_TEMPORARY_NAME = re.compile(re.escape(TEMPORARY) + r"([0-9]+)-[0-9]+-[0-9a-f]{8}\Z")


def temporary_name(path: str) -> str:
    """Return a name beside a path that no other writer has."""
    return f"{path}{TEMPORARY}{os.getpid()}-{threading.get_ident()}-{secrets.token_hex(4)}"


def named_finally(path: str) -> str | None:
    """Return the name that a temporary file would have got; None for a path that is no temporary file's.

    >>> named_finally("a.parquet.tmp-12-34-00c0ffee"), named_finally("my.tmp-file")
    ('a.parquet', None)
    """
    final, temporary = _TEMPORARY_NAME.subn("", path)
    return final if temporary else None


def writer_of(path: str) -> int | None:
    """Return the process that began a temporary file; None for a path that is no temporary file's.

    >>> writer_of("a.parquet.tmp-12-34-00c0ffee"), writer_of("a.parquet")
    (12, None)
    """
    found = _TEMPORARY_NAME.search(path)
    return int(found[1]) if found else None
