"""What the tests share: the sample that comes with the repository, and a small tokenizer configuration."""

from pathlib import Path

import pytest
from hypothesis import settings

# Kernels compile on their first call; a time limit would test the compiler.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The sample corpus (tests/data/corpus/README.md says where it comes from)."""
    return ROOT / "tests" / "data" / "corpus"


@pytest.fixture(scope="session")
def lid_model() -> str:
    """The packaged language model."""
    return str(ROOT / "configs" / "models" / "lid.176.ftz")
