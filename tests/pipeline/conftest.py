"""One finished run of the sample, for the tests that only look at it."""

from pathlib import Path

import pytest

from pipeline.output import open_sound
from pipeline.page.write import write_page
from tests.pipeline.runs import run_sample


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's output, its page written. Nobody may change it."""
    output = run_sample(tmp_path_factory.mktemp("finished") / "sample")
    write_page(open_sound(str(output)))
    return output
