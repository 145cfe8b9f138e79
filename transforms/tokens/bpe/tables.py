"""All that the fast encoder knows of a tokenizer, as arrays: made from its tokenizer.json, and kept on disk.

Making them takes seconds, because the reference is asked about every code point; so they are kept under a
name that follows from the tokenizer, from `tokenizers`' version and from the code that made them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import orjson
import tokenizers

from babelmill.transforms.kernels.array_cache import digest, kept
from babelmill.transforms.tokens.bpe.classes import Classes, measure, partition
from babelmill.transforms.tokens.bpe.cuts import Cuts
from babelmill.transforms.tokens.bpe.levels import read_levels
from babelmill.transforms.tokens.bpe.merge import Merges
from babelmill.transforms.tokens.bpe.model import Known, Model, read_model
from babelmill.transforms.tokens.bpe.normalize import normal_form, touched_points
from babelmill.transforms.tokens.bpe.pattern import Char, Choice, Node, NotAhead, Repeat, Sequence
from babelmill.transforms.tokens.bpe.split import Splitter, make_splitter
from babelmill.transforms.tokens.bpe.trie import Trie

__all__ = ["Tables", "characters_of", "load_tables", "make_tables"]

_Part = TypeVar("_Part", bound=NamedTuple)


class Tables(NamedTuple):
    """One tokenizer."""

    classes: Classes
    splitter: Splitter
    model: Model
    touched: npt.NDArray[np.bool_]
    """bool[0x110000]: what its normaliser may touch; empty without one."""


def characters_of(node: Node) -> Iterator[str]:
    """Yield the sources of the characters in a regex."""
    match node:
        case Char(source) | NotAhead(source):
            yield source
        case Repeat(part):
            yield from characters_of(part)
        case Sequence(parts) | Choice(parts):
            for part in parts:
                yield from characters_of(part)


def make_tables(content: bytes) -> Tables:
    """Make the tables of a tokenizer.json.

    Raises:
        Refused: if something in it is not understood.
    """
    settings = orjson.loads(content)
    normalizer = normal_form(settings["normalizer"])
    levels = read_levels(settings["pre_tokenizer"])
    model = read_model(settings["model"])
    sources = list(dict.fromkeys(source for level in levels for source in characters_of(level.regex)))
    classes, holds = partition([measure(source) for source in sources])
    splitter = make_splitter(levels, dict(zip(sources, holds, strict=True)), holds.shape[1])
    return Tables(classes, splitter, model, touched_points(normalizer))


def load_tables(content: bytes) -> Tables:
    """Return the tables of a tokenizer.json from the disk, or make them and keep them there."""
    sources = [source.read_bytes() for source in sorted(Path(__file__).parent.glob("*.py"))]
    name = digest(tokenizers.__version__, *sources, content)
    return _unpack(kept("tokenizers", name, lambda: _pack(make_tables(content))))


def _pack(tables: Tables) -> dict[str, npt.NDArray[Any]]:
    parts = {"classes": tables.classes, "splitter": tables.splitter, **tables.model._asdict()}
    arrays = {f"{name}.{field}": array for name, part in parts.items() for field, array in part._asdict().items()}
    return {"touched": tables.touched, **arrays}


def _unpack(arrays: dict[str, Any]) -> Tables:
    def part(kind: type[_Part], name: str) -> _Part:
        return kind(*(arrays[f"{name}.{field}"] for field in kind._fields))

    model = Model(part(Merges, "merges"), part(Cuts, "cuts"), part(Trie, "whole"), part(Known, "known"))
    # As `padded_words` made them: an array that can be written to is another type to numba, and another compilation.
    model.known.words.flags.writeable = False
    return Tables(part(Classes, "classes"), part(Splitter, "splitter"), model, arrays["touched"])
