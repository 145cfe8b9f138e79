"""The profile `fineweb2` against what FineWeb-2's own filters decide on documents of the sample.

tests/data/fineweb2_decisions.jsonl: datatrove 0.10.1's GopherRepetition, FineWebQuality and GopherQuality filters with
FineWeb-2's published thresholds, each filter on its own, on documents of tests/data/corpus; null keeps.
"""

import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.config import QualitySection
from pipeline.profiles import load_profile
from transforms.documents import LANG, documents
from transforms.languages import GLM4
from transforms.ledger import Tally
from transforms.quality.measure import Measure
from transforms.read.reader import Reading
from transforms.read.sources import Source, list_files, work_items

DECISIONS = Path(__file__).parents[2] / "data" / "fineweb2_decisions.jsonl"
OF_FINEWEB = ("q_terminal_lines_ratio", "q_short_lines_ratio", "q_newline_ratio", "q_dup_line_chars_ratio")


def filter_of(signal: str) -> str:
    if "gram" in signal or signal == "q_dup_lines_ratio":
        return "repetition"
    return "fineweb" if signal in OF_FINEWEB else "gopher"


@pytest.fixture(scope="module")
def texts(corpus: Path) -> dict[str, str]:
    source = Source("docs", (str(corpus / "*.jsonl*"), str(corpus / "da.parquet")))
    found = {}
    for item in work_items(list_files([source]), 1 << 24):
        for batch in Reading(item, source, 1 << 26).batches(Tally()):
            found |= dict(zip(batch["id"].to_pylist(), batch["text"].to_pylist(), strict=True))
    return found


def test_we_keep_what_fineweb2_keeps(texts: dict[str, str]) -> None:
    profile = load_profile(QualitySection(), tuple(GLM4))
    assert profile
    agreed: Counter[str] = Counter()
    total = 0
    decisions = [json.loads(line) for line in DECISIONS.read_text().splitlines()]
    for lang in GLM4:
        theirs = [row for row in decisions if row["lang"] == lang]
        batch = documents([texts[row["id"]] for row in theirs], source="docs")
        batch = batch.append_column("lang", pa.array([lang] * len(theirs)).dictionary_encode().cast(LANG))
        measure = Measure(profile.stop_words, profile.bad_words)
        for field, column in zip(measure.adds, measure(batch), strict=True):
            batch = batch.append_column(field, column)
        dropped = {name: [False] * len(theirs) for name in ("repetition", "fineweb", "gopher")}
        for rule in profile.rules:
            for i, reason in enumerate(rule(batch).to_pylist()):
                dropped[filter_of(rule.signal)][i] |= reason is not None
        total += len(theirs)
        for name, ours in dropped.items():
            agreed[name] += sum(mine == (row[name] is not None) for mine, row in zip(ours, theirs, strict=True))
        agreed["together"] += sum(
            any(ours[i] for ours in dropped.values()) == any(row[name] for name in dropped)
            for i, row in enumerate(theirs)
        )
    assert total > 500
    assert {name: agreed[name] / total >= 0.96 for name in agreed} == dict.fromkeys(agreed, True)
