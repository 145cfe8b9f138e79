"""A finished run, read back through its manifest."""

from typing import Any, NamedTuple

import orjson
import pyarrow as pa

from transforms.errors import ConfigError, DamageError, WorldError
from transforms.languages import GLM4
from transforms.ledger import Tally
from transforms.storage import exists, join, read_bytes, read_table
from transforms.work import WorkFolder
from transforms.write.manifest import FORMAT, MANIFEST
from transforms.write.strata import Strata

__all__ = ["Output", "open_output"]

_KEYS = ("name", "config", "config_digest", "totals", "inputs", "shards", "tables")
"""What every reader of a manifest counts on."""


class Output(NamedTuple):
    """A run's output folder, its manifest, its ledger, and the strata of its tokens."""

    folder: str
    manifest: dict[str, Any]
    ledger: Tally
    strata: Strata

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes of the run's languages."""
        wanted = self.manifest["config"]["languages"]
        return tuple(GLM4) if wanted == "glm4" else tuple(wanted)

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the run's sources, the best first."""
        return tuple(source["source"] for source in self.manifest["config"]["input"])


def open_output(folder: str) -> Output:
    """Open a finished run.

    Raises:
        ConfigError: if the folder is no run, or an unfinished one, or one of a newer version.
        DamageError: if its manifest, its ledger or its strata cannot be read.
    """
    path = join(folder, MANIFEST)
    if not exists(path):
        if exists(WorkFolder(folder).items):
            raise ConfigError("", f"{folder} is an unfinished run: it has no {MANIFEST}; run it again to go on")
        raise ConfigError("", f"{folder} is no run: it has no {MANIFEST}")
    try:
        manifest = orjson.loads(read_bytes(path))
        version = manifest["format"]
        if not isinstance(version, int) or version > FORMAT:
            raise ConfigError("", f"{path} has format {version!r}; this version reads up to {FORMAT}")
        ledger = Tally.from_table(read_table(join(folder, "ledger.parquet")))
        strata = Strata.from_table(read_table(join(folder, "tokens.parquet")))
        missing = [key for key in _KEYS if key not in manifest]
        if missing:
            raise DamageError(f"{path} lacks {', '.join(missing)}")
    except (pa.ArrowException, ValueError, KeyError, TypeError, OSError, WorldError) as error:
        raise DamageError(f"{folder}: manifest or ledger cannot be read: {str(error).splitlines()[0]}") from error
    return Output(folder, manifest, ledger, strata)
