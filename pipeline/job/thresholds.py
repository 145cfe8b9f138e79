"""Thresholds: what each signal must be in each language, as a table that stays with the corpus."""

from collections.abc import Sequence

import pyarrow as pa

from babelmill.pipeline.config.model import Config
from babelmill.transforms.language.min_score import ALL
from babelmill.transforms.languages import UNDETERMINED
from babelmill.transforms.quality.rules import Within
from babelmill.transforms.stages import Judge, Step

__all__ = ["THRESHOLDS", "thresholds"]

THRESHOLDS = pa.schema(
    [("signal", pa.string()), ("lang", pa.string()), ("at_least", pa.float64()), ("at_most", pa.float64())]
)
"""The columns of thresholds.parquet; null is no bound. `lang_score` has at least what the language must have to be
identified at all; `und` has no least score, and documents whose source says its language may have any."""


def thresholds(config: Config, steps: Sequence[Step]) -> pa.Table:
    """Return the bounds of a run's rules as a table of `THRESHOLDS`, in the order of the rules and languages."""
    least = config.language.min_score
    bounds: dict[tuple[str, str], list[float | None]] = {
        ("lang_score", lang): [least.get(lang, least[ALL]), None] for lang in config.wanted if lang != UNDETERMINED
    }
    rules = [rule for step in steps if isinstance(step, Judge) for rule in step.rules if isinstance(rule, Within)]
    for rule in rules:
        for lang, (low, high) in rule.bounds.items():
            row = bounds.setdefault((rule.signal, lang), [None, None])
            row[0] = low if row[0] is None else row[0] if low is None else max(row[0], low)
            row[1] = high
    rows = [
        {"signal": signal, "lang": lang, "at_least": low, "at_most": high}
        for (signal, lang), (low, high) in bounds.items()
        if low is not None or high is not None
    ]
    return pa.Table.from_pylist(rows, THRESHOLDS)
