"""Fuzz every target for a while, with seeds that no run had before.

    python -m tests.fuzz --minutes 10 [--target parquet] [--seed 7]

Prints for each target how many inputs it had. The first that fails is shrunk and told, with the seed that finds it
again. An input that kills the process lies in the file that is named at the beginning.
"""

import argparse
import pickle
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, seed, settings

from tests.fuzz.targets import TARGETS, Target

_EXAMPLES = 1_000


def _fuzz(name: str, target: Target, seconds: float, number: int, last: Path) -> int:
    """Fuzz one target; return how many inputs it had."""
    end, tried, failed = time.monotonic() + seconds, 0, False

    def check(drawn: Any) -> None:
        nonlocal tried, failed
        # One that failed is shrunk, however late it is.
        if time.monotonic() > end and not failed:
            return
        tried += 1
        last.write_bytes(pickle.dumps((name, drawn)))
        try:
            target.check(drawn)
        except BaseException:
            failed = True
            raise

    options = settings(
        max_examples=_EXAMPLES,
        deadline=None,
        database=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
    )
    while time.monotonic() < end:
        print(f"{name}: seed {number}, {tried:,} inputs", flush=True)
        seed(number)(options(given(target.inputs())(check)))()
        number += 1
    return tried


def main() -> None:
    """Read the command line, and fuzz."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz every target for a while.")
    parser.add_argument("--minutes", type=float, default=10, help="for each target")
    parser.add_argument("--target", choices=TARGETS, help="this one alone")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    given_ = parser.parse_args()
    last = Path(tempfile.gettempdir()) / f"babelmill-fuzz-{given_.seed}.pickle"
    print(f"the last input lies in {last}")
    for name, target in TARGETS.items():
        if given_.target in (None, name):
            print(f"{name}: {_fuzz(name, target, given_.minutes * 60, given_.seed, last):,} inputs in all", flush=True)
    last.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
