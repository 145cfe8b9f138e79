"""The reference: Hugging Face's `tokenizers`, whose ids are right by definition."""

from functools import cache
from itertools import chain

import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer

from babelmill.transforms.errors import WorldError
from babelmill.transforms.tokens.ids import Ids

__all__ = ["encode", "load_tokenizer"]


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


def encode(tokenizer: Tokenizer, text: pa.Array) -> Ids:
    """Encode a string column, without special tokens around it.

    The time grows faster than the length of a piece: a word of a million letters takes 3 s, one of ten million 70 s.
    """
    found = [encoding.ids for encoding in tokenizer.encode_batch_fast(text.to_pylist(), add_special_tokens=False)]
    offsets = np.zeros(len(found) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, found), np.int64, len(found)), out=offsets[1:])
    return Ids(np.fromiter(chain.from_iterable(found), np.uint32, int(offsets[-1])), offsets)
