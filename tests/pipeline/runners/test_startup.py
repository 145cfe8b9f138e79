"""Loading: the collector is off in the block, on behind it, and leaves alone what the block made."""

import gc

import pytest

from babelmill.pipeline.runners.startup import loading


class Ring:
    """Refers to itself, so only the collector frees it."""

    def __init__(self) -> None:
        self.self = self


def test_what_was_loaded_is_left_alone() -> None:
    before = gc.get_freeze_count()
    try:
        with loading():
            assert not gc.isenabled()
            rings = [Ring() for _ in range(1000)]
        assert gc.isenabled()
        assert gc.get_freeze_count() >= before + len(rings)
    finally:
        gc.unfreeze()


def test_a_failure_leaves_the_collector_on() -> None:
    with pytest.raises(ValueError, match="wrong"), loading():
        raise ValueError("wrong")
    assert gc.isenabled()
    gc.unfreeze()
