"""The manifest: what it says, and how it is read and written. Readers of a run need no more than this.

A manifest may come from anywhere with a SHA-256 that is right: what is loaded is checked, so that a forged one is an
error and not a crash, and its paths lead below the run's folder.
"""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import field, fields
from typing import Annotated

import orjson
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from babelmill.transforms.errors import ConfigError, DamageError, WorldError
from babelmill.transforms.files.bounded_json import parse_json
from babelmill.transforms.files.storage import find_below, join, read_bytes
from babelmill.transforms.ledger import Tally
from babelmill.transforms.text.visible import quote
from babelmill.transforms.unknown import UNKNOWN
from babelmill.transforms.write.listed import (
    AuditSum,
    Count,
    Digest,
    IndexFile,
    InputFile,
    ShardFile,
    TableFile,
    Text,
    Totals,
)

__all__ = [
    "FORMAT",
    "MANIFEST",
    "REPORT",
    "TABLES",
    "RunIdentity",
    "Index",
    "Manifest",
    "ModelFile",
    "TokenizerIdentity",
    "dump_manifest",
    "load_manifest",
    "parse_manifest",
    "problem_of",
    "totals",
]

MANIFEST = "manifest.json"
REPORT = "report.html"
"""The page that shows a run: made from the manifest and what it lists, so not listed itself."""
TABLES = ("ledger", "quarantine", "removals", "samples", "statistics", "superseded", "thresholds", "tokens", "urls")
"""The tables beside the shards, `<name>.parquet` each; `superseded` only where earlier runs may lose documents."""
_BYTES, _FILE_BYTES = 3 << 23, 1 << 10
"""What a manifest may have anyway (some 150,000 input files), and for each file below data/ and index/."""
FORMAT = 1
"""Version of the output's layout; a reader refuses a newer one."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model: its file's name, and its SHA-256."""

    name: Text
    sha256: Digest


@dataclass(frozen=True, slots=True)
class TokenizerIdentity:
    """Which tokenizer made the ids, and how, as `transforms.tokens.tokenizer.Identity` says.

    Empty, or 0, is what a manifest of an earlier version does not say.
    """

    sha256: Digest
    vocab_size: Count = 0
    engine: Text = ""
    special_tokens: Text = ""
    end_of_document: Text = ""
    unknown: Text = "never"
    unknown_id: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunIdentity:
    """What a run is made from. Empty is what a manifest of an earlier version does not say.

    Args:
        format: version of the output's layout.
        name: of the run, as the configuration has it.
        version: of Babelmill.
        code: digest of the code that workers have.
        environment: versions of Python, of Unicode's tables and of libraries, by name.
        config_digest: of everything that decides the shards' bytes.
        config: the configuration as JSON, without what decides only where and how the work is done.
        tokenizer: the tokenizer.
        quality_profile: digest of the profile's content.
        models: `language` and `quality/<name>` → the model.
        own_steps: `module:name` of each step from outside → its fingerprint.
    """

    format: Annotated[int, Field(strict=True, le=FORMAT)]
    name: Text
    version: Text = ""
    code: Text = ""
    environment: Mapping[str, Text] = field(default_factory=dict)
    config_digest: Digest
    config: Mapping[str, object]
    tokenizer: TokenizerIdentity | None = None
    quality_profile: Text = ""
    models: Mapping[str, ModelFile] = field(default_factory=dict)
    own_steps: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Index:
    """What a run leaves for later ones: what they must have in common with it, and a file a shard."""

    parameters: Mapping[str, object]
    files: tuple[IndexFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest(RunIdentity):
    """All that a finished run says of itself; the order of the fields is that of the file's keys.

    Args:
        totals: the sums of the run.
        inputs: a row an input file.
        shards: by path.
        tables: name of each table beside the shards → its file.
        index: None without one.
        audit: the sum of the documents that a rule dropped; None where they are not kept.
        notes: what else was counted, by name.
        sha256: of all the rest; empty before `dump_manifest`.
    """

    totals: Totals
    inputs: tuple[InputFile, ...]
    shards: tuple[ShardFile, ...]
    tables: Mapping[Annotated[str, Field(pattern="^[a-z]+$")], TableFile]
    index: Index | None = None
    audit: AuditSum | None = None
    notes: Mapping[str, Count] = field(default_factory=dict)
    sha256: Text = ""

    @property
    def index_files(self) -> tuple[IndexFile, ...]:
        """The files of the index; none without one."""
        return self.index.files if self.index else ()

    @property
    def files(self) -> tuple[ShardFile | IndexFile, ...]:
        """The shards, and the files of the index."""
        return (*self.shards, *self.index_files)


_MANIFEST = TypeAdapter(Manifest)


def totals(tally: Tally, shards: int) -> Totals:
    """Return the sums that a manifest says of a run, by its ledger and its number of shards."""
    read, written, unknown = (tally.total(stage=stage) for stage in ("read", "write", UNKNOWN))
    return Totals(
        read.docs, written.docs, written.bytes, written.chars, written.tokens, shards, unknown.tokens, unknown.chars
    )


def dump_manifest(manifest: Manifest | Mapping[str, object]) -> bytes:
    """Return the manifest's file: its content, and at the end the SHA-256 of that content.

    Args:
        manifest: a manifest, or the JSON of one.
    """
    said = (
        manifest
        if isinstance(manifest, Mapping)
        else {one.name: getattr(manifest, one.name) for one in fields(manifest)}
    )
    content = {key: value for key, value in said.items() if key != "sha256"}
    digest = hashlib.sha256(orjson.dumps(content)).hexdigest()
    return orjson.dumps({**content, "sha256": digest}, option=orjson.OPT_INDENT_2)


def load_manifest(output: str) -> tuple[Manifest, bool]:
    """Return the manifest of an output folder, and whether its file is what its own SHA-256 says.

    Raises:
        ConfigError: if it is of a newer format.
        DamageError: if something in it is not as a manifest has it; with the key's path.
        WorldError: if it cannot be read, or is larger than the files of the folder explain.
        ValueError: if it is no JSON, or is of too many values.
    """
    path = join(output, MANIFEST)
    with suppress(WorldError):
        return parse_manifest(read_bytes(path, _BYTES), path, _BYTES)
    files = sum(1 for place in ("data", "index") for _ in find_below(output, f"{place}/**"))
    content = read_bytes(path, _BYTES + _FILE_BYTES * files)
    return parse_manifest(content, path, len(content))


def parse_manifest(content: bytes, path: str, most_bytes: int) -> tuple[Manifest, bool]:
    """Return the manifest that a file holds, and whether it is what its own SHA-256 says.

    Args:
        content: of the file.
        path: of the file, for messages.
        most_bytes: that are expected of it.

    Raises:
        ConfigError, DamageError, ValueError: as `load_manifest`.
    """
    value: object = parse_json(content, most_bytes)
    version = value.get("format", FORMAT) if isinstance(value, Mapping) else FORMAT
    if type(version) is not int or version > FORMAT:
        raise ConfigError("", f"{path} has format {quote(version)}; this version reads up to {FORMAT}")
    sealed = isinstance(value, Mapping) and content == dump_manifest(value)
    try:
        return _MANIFEST.validate_python(value), sealed
    except ValidationError as error:
        seal = "" if sealed else "not what its own SHA-256 says, and "
        raise DamageError(f"{path} is {seal}no manifest as this version writes it: {problem_of(error)}") from error


def problem_of(error: ValidationError, *key: str) -> str:
    """Say what about a manifest is not as its readers want it: the path of the first key, below `key`, and why."""
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, (*key, *first['loc'])))}: {first['msg']}"
