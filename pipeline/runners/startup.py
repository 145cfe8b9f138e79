"""Loading: import and set up without the garbage collector, which would look through all of it again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["loading"]


@contextmanager
def loading() -> Iterator[None]:
    """Leave the collector off in the block, and what the block leaves behind to itself afterwards.

    Modules, models and compiled kernels live as long as the process. A run of 71 MB spends a second of its fourteen on
    finding that out.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
