"""A few seconds of every fuzzer, the same inputs each time; `python -m tests.fuzz` goes on with others."""

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_target(name: str) -> None:
    target = TARGETS[name]
    options = settings(max_examples=target.examples, suppress_health_check=list(HealthCheck))
    options(given(target.inputs())(target.check))()
