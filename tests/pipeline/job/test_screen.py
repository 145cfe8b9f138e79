"""What is finished is found without a model: only work loads one, and in each worker once."""

from pathlib import Path

import pytest

from babelmill.pipeline.job import screen
from babelmill.transforms.tokens import tokenize
from tests.pipeline.runs import files_of, run_sample

SMALL = ("input=[{source: docs, files: [tests/data/corpus/sv.jsonl.gz, tests/data/corpus/fr.jsonl.gz]}]",)


def test_models_are_loaded_for_work_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warmed: list[str] = []
    warm = screen.warm_steps
    monkeypatch.setattr(screen, "warm_steps", lambda steps, source: (warmed.append(source), warm(steps, source)))
    before = files_of(run_sample(tmp_path / "out", *SMALL, "work.item_bytes=65536"))
    assert warmed == ["docs"]
    monkeypatch.setattr(tokenize, "load_encoder", lambda path: pytest.fail("there is nothing to tokenize"))
    assert files_of(run_sample(tmp_path / "out", *SMALL, "work.item_bytes=65536")) == before
    assert warmed == ["docs"]
