"""What is removed, judged by the true similarity of all pairs: real text with edited copies."""

from pathlib import Path

import pytest

from babelmill.transforms.dedup.sign import PRESETS, Near
from tests.benchmarks.near import documents_of, measured


@pytest.mark.parametrize("lang", ["en", "zh", "ja", "ar"])
@pytest.mark.parametrize("preset", PRESETS)
def test_nothing_is_removed_for_what_is_unlike_it(corpus: Path, lang: str, preset: str) -> None:
    near = PRESETS[preset]
    found = measured(documents_of(corpus, lang, 250), near)
    assert found["removed"] > 10
    assert found["least"] >= near.verify - 0.15
    assert found["precision"] >= 0.985
    assert found["recall"] >= (0.97 if preset == "thorough" else 0.9)


def test_the_threshold_is_what_the_user_set(corpus: Path) -> None:
    texts = documents_of(corpus, "en", 250)
    strict, loose = (measured(texts, Near(verify=verify, doubt=0.1)) for verify in (0.9, 0.6))
    assert strict["least"] >= 0.85
    assert strict["removed"] < loose["removed"]
