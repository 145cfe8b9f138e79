"""Encode text with a tokenizer: by the fast encoder where it is exact, else by the reference.

The fast encoder is 10 to 20 times faster, and the ids are the reference's: it refuses what it does not understand, it
has to encode tricky texts as the reference does before it is used on a machine (checked.py), and a sample of every
batch is compared. If one document differs, the batch is encoded by the reference, and so is everything after it in this
process.
"""

import logging
from functools import cache

import pyarrow as pa

from babelmill.transforms.files.storage import file_digest
from babelmill.transforms.tokens import reference
from babelmill.transforms.tokens.bpe.check import audit, first_difference, tricky_texts
from babelmill.transforms.tokens.bpe.fast import FastEncoder
from babelmill.transforms.tokens.bpe.pattern import Refused
from babelmill.transforms.tokens.checked import was_checked
from babelmill.transforms.tokens.ids import Ids
from babelmill.transforms.tokens.reference import load_tokenizer

__all__ = ["FAST", "REFERENCE", "Encoder", "load_encoder"]

_LOG = logging.getLogger(__name__)
FAST, REFERENCE = "babelmill", "tokenizers"
"""The names of the engines."""


class Encoder:
    """A tokenizer at work.

    Args:
        path: a tokenizer.json.

    Raises:
        WorldError: if the file is missing or is no tokenizer.
    """

    def __init__(self, path: str) -> None:
        self._reference = load_tokenizer(path)
        self._fast: FastEncoder | None = None
        try:
            fast = FastEncoder(path, self._reference)
        except Refused as why:
            _LOG.warning("%s is encoded by `tokenizers`, which is slow: %s", path, why)
            return
        if was_checked(file_digest(path)):
            self._fast = fast
            return
        added = (token.content for token in self._reference.get_added_tokens_decoder().values())
        if (text := first_difference(fast, self._reference, tricky_texts(added))) is None:
            self._fast = fast
        else:
            _LOG.warning("%s is encoded by `tokenizers`, which is slow: the fast encoder is wrong on %r", path, text)

    @property
    def engine(self) -> str:
        """Which engine encodes: FAST or REFERENCE."""
        return REFERENCE if self._fast is None else FAST

    def encode(self, text: pa.Array) -> Ids:
        """Encode a string column, without special tokens."""
        fast = self._fast
        if fast is None:
            return reference.encode(self._reference, text)
        found = fast.encode(text)
        if (wrong := audit(fast, self._reference, text, found)) is None:
            return found
        self._fast = None
        _LOG.error("`tokenizers` takes over: the fast encoder is wrong on %r", wrong[:1000])
        return reference.encode(self._reference, text)


@cache
def load_encoder(path: str) -> Encoder:
    """Load a tokenizer's encoder, once a process.

    Raises:
        WorldError: if the file is missing or is no tokenizer.
    """
    return Encoder(path)
