"""One run for all tests that look at a finished run."""

from pathlib import Path

import pytest

from tests.pipeline.lost import run_lost


@pytest.fixture(scope="session")
def lost(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of tests/pipeline/lost.py, not to be touched."""
    return run_lost(tmp_path_factory.mktemp("lost"), corpus)
