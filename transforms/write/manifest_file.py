"""What a manifest is: its name, its version, its totals and its own digest. Readers of a run need no more than this."""

import hashlib
from typing import Any

import orjson

from transforms.ledger import Tally

__all__ = ["FORMAT", "MANIFEST", "REPORT", "TABLES", "dump_manifest", "totals"]

MANIFEST = "manifest.json"
REPORT = "report.html"
"""The page that shows a run: made from the manifest and what it lists, so not listed itself."""
TABLES = ("ledger", "quarantine", "removals", "samples", "statistics", "superseded", "thresholds", "tokens", "urls")
"""The tables beside the shards, `<name>.parquet` each; `superseded` only where earlier runs may lose documents."""
FORMAT = 1
"""Version of the output's layout; a reader refuses a newer one."""


def totals(tally: Tally, shards: list[dict[str, Any]]) -> dict[str, int]:
    """Return the sums that a manifest says of a run."""
    read, written = tally.total(stage="read"), tally.total(stage="write")
    return {
        "documents_read": read.docs,
        "documents": written.docs,
        "text_bytes": written.bytes,
        "characters": written.chars,
        "tokens": written.tokens,
        "shards": len(shards),
    }


def dump_manifest(manifest: dict[str, Any]) -> bytes:
    """Return the manifest's file: its content, and at the end the SHA-256 of that content."""
    content = {key: value for key, value in manifest.items() if key != "sha256"}
    digest = hashlib.sha256(orjson.dumps(content)).hexdigest()
    return orjson.dumps({**content, "sha256": digest}, option=orjson.OPT_INDENT_2)
