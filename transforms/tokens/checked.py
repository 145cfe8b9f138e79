"""What is known of a tokenizer that this machine has loaded and checked before, kept beside the compiled kernels.

To load a tokenizer of 128,000 tokens and to compare the fast encoder with `tokenizers` on tricky texts takes a second.
What comes out of it is the same as long as nothing changes that takes part: the tokenizer's bytes, `tokenizers` and
numba, the processor that kernels are compiled for, and the code of every module that encodes. These name the file.
Only tokenizers that the fast encoder is right about are kept: of the others a user is told every time.
"""

import hashlib
import logging
import platform
from functools import cache
from pathlib import Path
from typing import NamedTuple

import llvmlite.binding
import numba
import orjson
import tokenizers

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.storage import read_bytes, write_bytes
from babelmill.transforms.kernels.cache import cache_folder
from babelmill.transforms.source_closure import digest_of_sources, sources
from babelmill.transforms.tokens.unknown import Unknown

__all__ = ["Checked", "keep_checked", "was_checked"]

_LOG = logging.getLogger(__name__)
_ENCODER = "babelmill.transforms.tokens.encoder"


class Checked(NamedTuple):
    """A tokenizer that the fast encoder encodes as `tokenizers` does."""

    vocab_size: int
    """Tokens, added ones included."""
    unknown: Unknown
    """What becomes of text that it has no token for."""
    unknown_id: int | None
    """Of its unknown token."""


def was_checked(sha256: str) -> Checked | None:
    """Return what was kept of a tokenizer; None if nothing was, or what it was made with has changed.

    Args:
        sha256: of its tokenizer.json.
    """
    try:
        return Checked(**orjson.loads(read_bytes(str(_path(sha256)))))
    except (WorldError, ValueError, TypeError):
        return None


def keep_checked(sha256: str, checked: Checked) -> None:
    """Keep what is known of a tokenizer; a disk that takes no file only costs the time of another check."""
    try:
        write_bytes(str(_path(sha256)), orjson.dumps(checked._asdict()))
    except WorldError as error:
        _LOG.debug("the tokenizer is checked every time: %s", error)


def _path(sha256: str) -> Path:
    name = hashlib.sha256(f"{sha256} {_made_with()}".encode()).hexdigest()[:32]
    return cache_folder("tokenizers") / f"{name}.checked.json"


@cache
def _made_with() -> str:
    code = digest_of_sources(sources({"babelmill.transforms": Path(__file__).parents[1]}, (_ENCODER,)))
    versions = f"{tokenizers.__version__} {numba.__version__} {llvmlite.__version__}"
    return f"{code} {versions} {platform.machine()} {llvmlite.binding.get_host_cpu_name()}"
