"""Measure: one column a signal, from the Layout alone.

>>> signals = measure(pa.array(["Ein Satz."]), pa.array(["de"]), {"de": ("ein",)})
>>> signals["n_words"]
array([2], dtype=int32)
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic.dataclasses import dataclass

from babelmill.transforms.quality.measured import Measured
from babelmill.transforms.quality.signals import SIGNALS

__all__ = ["Measure", "measure"]


def measure(
    text: pa.Array,
    lang: pa.Array,
    stop_words: Mapping[str, tuple[str, ...]],
    bad_words: Mapping[str, tuple[str, ...]] | None = None,
) -> dict[str, npt.NDArray[Any]]:
    """Return every signal of `SIGNALS` for a string column: int32 or float32, one value a document."""
    found = Measured(text, lang, stop_words, bad_words or {})
    return {
        name: signal.of(found).astype(np.int32 if signal.integer else np.float32)
        for name, signal in SIGNALS.items()
        if signal.of
    }


@dataclass(frozen=True)
class Measure:
    """Annotate documents with every signal of `SIGNALS`.

    Args:
        stop_words: language code to stop words; `q_stop_words` is 0 for a language without any.
        bad_words: language code to bad words and phrases, likewise.
        by_source: a source with lists of its own to its stop words and its bad words.
    """

    stop_words: Mapping[str, tuple[str, ...]]
    bad_words: Mapping[str, tuple[str, ...]]
    by_source: Mapping[str, tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]] = field(
        default_factory=dict
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there."""
        return ("text", "lang", *(("source",) if self.by_source else ()))

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        """One column a signal: int32 or float32."""
        return tuple(pa.field(name, pa.int32() if signal.integer else pa.float32()) for name, signal in SIGNALS.items())

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.Array, ...]:
        """Measure a batch."""
        own = self.by_source.keys() & set(batch["source"].unique().to_pylist()) if self.by_source else set()
        lists = self.stop_words, self.bad_words
        if not own:
            signals = measure(batch["text"], batch["lang"], *lists)
            return tuple(pa.array(signals[name]) for name in SIGNALS)
        # A batch is of one source as a rule, so this is one round.
        parts: list[dict[str, npt.NDArray[Any]]] = []
        places: list[npt.NDArray[np.int64]] = []
        sources = np.array(batch["source"].to_pylist(), object)
        for source in dict.fromkeys(sources.tolist()):
            places.append(np.flatnonzero(sources == source))
            part = batch.take(pa.array(places[-1]))
            parts.append(measure(part["text"], part["lang"], *self.by_source.get(source, lists)))
        back = np.argsort(np.concatenate(places))
        return tuple(pa.array(np.concatenate([part[name] for part in parts])[back]) for name in SIGNALS)
