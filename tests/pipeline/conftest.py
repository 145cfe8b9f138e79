"""Finished runs, for the tests that only look at one."""

from pathlib import Path

import pytest

from babelmill.pipeline.corpus.corpus import open_sound
from babelmill.pipeline.show.html.report import write_page
from tests.pipeline.lost import run_lost
from tests.pipeline.runs import run_sample
from tests.pipeline.sound import run_sound


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's output, its page written. Nobody may change it."""
    output = run_sample(tmp_path_factory.mktemp("finished") / "sample")
    write_page(open_sound(str(output)))
    return output


@pytest.fixture(scope="session")
def lost(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of tests/pipeline/lost.py, not to be touched."""
    return run_lost(tmp_path_factory.mktemp("lost"), corpus)


@pytest.fixture(scope="session")
def sound(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of tests/pipeline/sound.py, not to be touched."""
    return run_sound(tmp_path_factory.mktemp("sound"), corpus)
