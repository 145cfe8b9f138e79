"""A finished run, read back through its manifest."""

import calendar
import time
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
from pydantic import ValidationError

from babelmill.pipeline.corpus.lock import Owner, owner_of
from babelmill.pipeline.corpus.parquet_file import DAMAGE, first_line, read_small_table
from babelmill.pipeline.corpus.run_config import RunConfig, read_run_config
from babelmill.transforms.errors import ConfigError, DamageError, WorldError
from babelmill.transforms.files.bounded_json import read_lines
from babelmill.transforms.files.storage import exists, file_digest, find_below, is_local, join, read_bytes
from babelmill.transforms.languages import RECIPE
from babelmill.transforms.ledger import Tally
from babelmill.transforms.secrets import SECRET_IN_PATH, has_secret
from babelmill.transforms.text.visible import visible
from babelmill.transforms.work import WorkFolder
from babelmill.transforms.write.manifest_file import MANIFEST, Manifest, load_manifest, problem_of
from babelmill.transforms.write.strata import Strata

__all__ = ["Output", "check_table", "open_output", "open_sound", "refuse_secret"]

_REFUSED_BYTES = 1 << 20
"""Of the sentence that a refused run leaves, which names files."""


@dataclass(frozen=True)
class Output:
    """A run's output folder, its manifest, and its ledger as a table.

    `sealed`: whether the manifest's file is what its own SHA-256 says.
    """

    folder: str
    manifest: Manifest
    table: pa.Table
    sealed: bool

    @cached_property
    def config(self) -> RunConfig:
        """What readers need of the run's configuration.

        Raises:
            ValidationError: if the manifest has something else; never of a run that `open_output` has opened.
        """
        return read_run_config(self.manifest.config)

    @cached_property
    def ledger(self) -> Tally:
        """The whole ledger."""
        return Tally.from_table(self.table)

    @cached_property
    def strata(self) -> Strata:
        """The strata of its tokens.

        Raises:
            DamageError: if they cannot be read.
        """
        path = join(self.folder, "tokens.parquet")
        try:
            return Strata.from_table(read_small_table(path))
        except WorldError as error:
            raise DamageError(f"{path} cannot be read: {first_line(error)}") from error
        except DAMAGE as error:
            raise DamageError(f"{path} cannot be read: {first_line(error)}") from error

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes of the run's languages."""
        wanted = self.config.languages
        return RECIPE if isinstance(wanted, str) else wanted

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the run's sources, the best first."""
        return tuple(source.source for source in self.config.input)


def refuse_secret(folder: str) -> None:
    """Refuse a run's path that carries a secret, before anything is asked of it.

    Raises:
        ConfigError: without the path.
    """
    if has_secret(folder):
        raise ConfigError("RUN", SECRET_IN_PATH)


def open_output(folder: str) -> Output:
    """Open a finished run.

    Raises:
        ConfigError: if the folder is no run, an unfinished one or one of a newer version, or its path carries a secret.
        DamageError: if its manifest, its ledger or its strata cannot be read.
    """
    refuse_secret(folder)
    path = join(folder, MANIFEST)
    if not exists(path):
        raise ConfigError("", _unfinished(folder))
    try:
        manifest, sealed = load_manifest(folder)
        table = read_small_table(join(folder, "ledger.parquet"))
        Tally.from_table(table, "stage")
        output = Output(folder, manifest, table, sealed)
        # Read here, where a configuration that is none has its error; from here on it is there.
        _ = output.config
    except ValidationError as error:
        raise DamageError(f"{path} is no manifest as this version writes it: {problem_of(error, 'config')}") from error
    except (*DAMAGE, RecursionError, WorldError, DamageError) as error:
        raise DamageError(f"{folder}: manifest or ledger cannot be read: {first_line(error)}") from error
    return output


def open_sound(folder: str) -> Output:
    """Open a finished run whose numbers are to be shown: manifest and ledger are what the manifest's digests say.

    Raises:
        ConfigError: as `open_output`, and for what is damaged: there is nothing to show.
    """
    try:
        output = open_output(folder)
        if not output.sealed:
            raise DamageError(f"{join(folder, MANIFEST)} is not what its own SHA-256 says")
        check_table(output, "ledger")
    except (DamageError, WorldError) as error:
        raise ConfigError("", f"{error}; babelmill verify {folder} says more") from error
    return output


def check_table(output: Output, name: str) -> str:
    """Return the path of a table beside the shards, having compared its SHA-256 with the manifest's.

    Raises:
        DamageError: if it is missing or another.
    """
    path = join(output.folder, f"{name}.parquet")
    if not exists(path):
        raise DamageError(f"{path} is missing")
    listed = output.manifest.tables.get(name)
    if listed is None or file_digest(path) != listed.sha256:
        raise DamageError(f"{path} is damaged, or of another run: its SHA-256 is not what the manifest says")
    return path


def _unfinished(folder: str) -> str:
    """Say what a folder without a manifest is: no run, one that is being written, or one that was left, and how far."""
    work, owner = WorkFolder(folder), owner_of(folder)
    if owner is not None:
        # Whether a job or another machine's process still lives cannot be seen from here.
        certain = is_local(folder) and not owner.job
        return f"{folder} is being written by {owner}{'' if certain else ', by its lock'}; {_progress(work, owner)}"
    if not exists(work.items):
        return f"{folder} is not a Babelmill run: it has no {MANIFEST}"
    if exists(work.refused):
        why = visible(read_bytes(work.refused, _REFUSED_BYTES).decode(errors="replace"))
        return f"{folder} has no {MANIFEST}, for its run was refused at its end: {why}"
    return f"{folder} is an unfinished run: it has no {MANIFEST}; {_progress(work)}; run it again to go on"


def _progress(work: WorkFolder, owner: Owner | None = None) -> str:
    """Say how many work items and shards are done: by an owner, those that it has done or reused so far."""
    if not exists(work.items):
        return "no work item is screened yet"
    since = _seconds(owner.since) if owner else 0
    items = sum(1 for _ in read_lines(work.items))
    done, shards = (
        # A sidecar that is reused is written again, for its time. That of an object may be unknown.
        sum(file.changed >= since or not file.changed for file in find_below(work.base, f"{folder}/*.json"))
        for folder in ("items", "shards")
    )
    return f"{min(done, items):,} of {items:,} work items are screened, {shards:,} shards written"


def _seconds(since: str) -> int:
    """Return when an owner's lock was taken, in seconds since 1970; 0 where it does not say."""
    try:
        return calendar.timegm(time.strptime(since, "%Y-%m-%d %H:%M:%S UTC"))
    except ValueError:
        return 0
