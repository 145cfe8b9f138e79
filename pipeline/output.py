"""A finished run, read back through its manifest."""

from typing import Any, NamedTuple

import orjson
import pyarrow as pa

from transforms.errors import ConfigError, DamageError, WorldError
from transforms.ledger import Tally
from transforms.storage import exists, find_below, join, read_bytes, read_table
from transforms.work import WorkFolder
from transforms.write.manifest import FORMAT, MANIFEST, dump_manifest

__all__ = ["Output", "open_output", "open_sound"]

_KEYS = ("config_digest", "totals", "inputs", "shards", "tables")
"""What every reader of a manifest counts on."""


class Output(NamedTuple):
    """A run's output folder, its manifest and its ledger."""

    folder: str
    manifest: dict[str, Any]
    ledger: Tally


def _how_far(folder: str) -> str:
    """Say how far an unfinished run is, from what finished work leaves behind."""
    work = WorkFolder(folder)
    items, screened, shards = (
        len(read_bytes(work.items).splitlines()),
        len(find_below(work.base, "items/*.json")),
        len(find_below(work.base, "shards/*.json")),
    )
    return f"it has no {MANIFEST}; {screened:,} of {items:,} work items are screened, {shards:,} shards written"


def open_output(folder: str) -> Output:
    """Open a finished run.

    Raises:
        ConfigError: if the folder is no run, or an unfinished one, or one of a newer version.
        DamageError: if its manifest or ledger cannot be read.
    """
    path = join(folder, MANIFEST)
    if not exists(path):
        if exists(WorkFolder(folder).items):
            raise ConfigError("", f"{folder} is an unfinished run: {_how_far(folder)}; run it again to go on")
        raise ConfigError("", f"{folder} is no run: it has no {MANIFEST}")
    try:
        manifest = orjson.loads(read_bytes(path))
        version = manifest["format"]
        if not isinstance(version, int) or version > FORMAT:
            raise ConfigError("", f"{path} has format {version!r}; this version reads up to {FORMAT}")
        ledger = Tally.from_table(read_table(join(folder, "ledger.parquet")))
        missing = [key for key in _KEYS if key not in manifest]
        if missing:
            raise DamageError(f"{path} lacks {', '.join(missing)}")
    except (pa.ArrowException, ValueError, KeyError, TypeError, OSError, WorldError) as error:
        raise DamageError(f"{folder}: manifest or ledger cannot be read: {str(error).splitlines()[0]}") from error
    return Output(folder, manifest, ledger)


def open_sound(folder: str) -> Output:
    """Open a finished run whose manifest is, byte for byte, what was written.

    Raises:
        ConfigError, DamageError: as `open_output`; DamageError also if the manifest's own SHA-256 says otherwise.
    """
    output = open_output(folder)
    if read_bytes(join(folder, MANIFEST)) != dump_manifest(output.manifest):
        raise DamageError(f"{join(folder, MANIFEST)} is not what its own SHA-256 says")
    return output
