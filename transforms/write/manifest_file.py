"""What a manifest is: its name, its version, its totals and its own digest. Readers of a run need no more than this."""

import hashlib
from contextlib import suppress
from typing import Any

import orjson

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.bounded_json import parse_json
from babelmill.transforms.files.storage import find_below, join, read_bytes
from babelmill.transforms.ledger import Tally
from babelmill.transforms.unknown import UNKNOWN

__all__ = ["FORMAT", "MANIFEST", "REPORT", "TABLES", "dump_manifest", "load_manifest", "totals"]

MANIFEST = "manifest.json"
REPORT = "report.html"
"""The page that shows a run: made from the manifest and what it lists, so not listed itself."""
TABLES = ("ledger", "quarantine", "removals", "samples", "statistics", "superseded", "thresholds", "tokens", "urls")
"""The tables beside the shards, `<name>.parquet` each; `superseded` only where earlier runs may lose documents."""
_BYTES, _FILE_BYTES = 3 << 23, 1 << 10
"""What a manifest may have anyway (some 150,000 input files), and for each file below data/ and index/."""
FORMAT = 1
"""Version of the output's layout; a reader refuses a newer one."""


def totals(tally: Tally, shards: list[dict[str, Any]]) -> dict[str, int]:
    """Return the sums that a manifest says of a run."""
    read, written, unknown = (tally.total(stage=stage) for stage in ("read", "write", UNKNOWN))
    found = {
        "documents_read": read.docs,
        "documents": written.docs,
        "text_bytes": written.bytes,
        "characters": written.chars,
        "tokens": written.tokens,
        "shards": len(shards),
    }
    # Only where there are some: most tokenizers have a token for everything.
    return found | (
        {"unknown_tokens": unknown.tokens, "characters_without_token": unknown.chars} if unknown.docs else {}
    )


def dump_manifest(manifest: dict[str, Any]) -> bytes:
    """Return the manifest's file: its content, and at the end the SHA-256 of that content."""
    content = {key: value for key, value in manifest.items() if key != "sha256"}
    digest = hashlib.sha256(orjson.dumps(content)).hexdigest()
    return orjson.dumps({**content, "sha256": digest}, option=orjson.OPT_INDENT_2)


def load_manifest(output: str) -> tuple[bytes, Any]:
    """Return the manifest's file of an output folder, and its value: any JSON.

    Raises:
        WorldError: if it cannot be read, or is larger than the files of the folder explain.
        ValueError: if it is no JSON, or is of too many values.
    """
    path = join(output, MANIFEST)
    with suppress(WorldError):
        content = read_bytes(path, _BYTES)
        return content, parse_json(content, _BYTES)
    files = sum(1 for place in ("data", "index") for _ in find_below(output, f"{place}/**"))
    content = read_bytes(path, _BYTES + _FILE_BYTES * files)
    return content, parse_json(content, len(content))
