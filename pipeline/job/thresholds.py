"""Thresholds: what each signal must be in each language, as a table that stays with the corpus."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from babelmill.pipeline.config.model import Config
from babelmill.transforms.language.min_score import ALL
from babelmill.transforms.languages import UNDETERMINED
from babelmill.transforms.quality.rules import Bounds, Within
from babelmill.transforms.stages import Judge, Step

__all__ = ["THRESHOLDS", "thresholds"]

THRESHOLDS = pa.schema(
    [
        ("signal", pa.string()),
        ("lang", pa.string()),
        ("at_least", pa.float64()),
        ("at_most", pa.float64()),
        ("source", pa.string()),
    ]
)
"""The columns of thresholds.parquet; null is no bound. `lang_score` has at least what the language must have to be
identified at all; `und` has no least score, and documents whose source says its language may have any. `source`: of a
source with a quality profile of its own, where it differs; null for all others."""


def thresholds(config: Config, steps: Sequence[Step]) -> pa.Table:
    """Return the bounds of a run's rules as a table of `THRESHOLDS`, in the order of the rules and languages."""
    scores = config.language.min_score
    least = {lang: scores.get(lang, scores[ALL]) for lang in config.wanted if lang != UNDETERMINED}
    rules = [rule for step in steps if isinstance(step, Judge) for rule in step.rules if isinstance(rule, Within)]
    names = dict.fromkeys(("lang_score", *(rule.signal for rule in rules)))
    own = dict.fromkeys(source for rule in rules for source in rule.by_source)
    rows = []
    for signal in names:
        common = {lang: _bound(signal, rules, "", lang, least) for lang in config.wanted}
        rows += [_row(signal, lang, bound, None) for lang, bound in common.items() if bound != Bounds()]
        for source in own:
            theirs = {lang: _bound(signal, rules, source, lang, least) for lang in config.wanted}
            rows += [_row(signal, lang, bound, source) for lang, bound in theirs.items() if bound != common[lang]]
    return pa.Table.from_pylist(rows, THRESHOLDS)


def _bound(signal: str, rules: Sequence[Within], source: str, lang: str, least: Mapping[str, float]) -> Bounds:
    """Return what a signal must be in a language and a source, by its rule and the least score of a language."""
    bound = next((rule.of(source, lang) for rule in rules if rule.signal == signal), Bounds())
    if signal != "lang_score" or lang not in least:
        return bound
    return bound._replace(at_least=max(least[lang], bound.at_least or 0))


def _row(signal: str, lang: str, bound: Bounds, source: str | None) -> dict[str, str | float | None]:
    return {"signal": signal, "lang": lang, **bound._asdict(), "source": source}
