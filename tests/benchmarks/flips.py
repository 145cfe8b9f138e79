"""Flips: every single bit that changes in a finished run is found by `verify`.

    python -m tests.benchmarks.flips RUN [--flips 1000] [--seed 0]

Works on a copy. Each flip is one bit at a random place of a random file: shards, index, audit, manifest, ledger and all
other tables; among files of a kind, the larger one is the likelier.
"""

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path

from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.transforms.errors import BabelmillError

KINDS = {
    "data": ("data/**/*.parquet", 3),
    "index": ("index/**/*.parquet", 1),
    "tables": ("*.parquet", 3),
    "audit": ("audit/*", 1),
}
"""Kind → where its files lie, and how often it is chosen."""


def is_found(run: Path) -> bool:
    """Say whether a damaged run is noticed: opening refuses it, or verify names something."""
    try:
        return next(verify(open_output(str(run))), None) is not None
    except BabelmillError:
        return True


def main() -> int:
    """Return 0 if every flip was found."""
    parser = argparse.ArgumentParser(description="Flip single bits of a finished run; verify must find each.")
    parser.add_argument("run", type=Path)
    parser.add_argument("--flips", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as scratch:
        run = Path(shutil.copytree(arguments.run, Path(scratch) / "run", ignore=shutil.ignore_patterns("work")))
        if is_found(run):
            print(f"{arguments.run} is damaged to begin with")
            return 1
        files = {kind: sorted(run.glob(pattern)) for kind, (pattern, _) in KINDS.items()}
        files["manifest"] = [run / "manifest.json"]
        weights = {**{kind: weight for kind, (_, weight) in KINDS.items()}, "manifest": 2}
        kinds = [kind for kind in weights if files[kind]]
        flips, missed = dict.fromkeys(kinds, 0), 0
        for _ in range(arguments.flips):
            kind = chance.choices(kinds, [weights[kind] for kind in kinds])[0]
            path = chance.choices(files[kind], [file.stat().st_size for file in files[kind]])[0]
            content = path.read_bytes()
            place, bit = chance.randrange(len(content)), chance.randrange(8)
            path.write_bytes(content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :])
            flips[kind] += 1
            if not is_found(run):
                missed += 1
                print(f"MISSED: bit {bit} of byte {place} of {path.relative_to(run)}")
            path.write_bytes(content)
    print(f"{sum(flips.values())} flips ({', '.join(f'{kind} {n}' for kind, n in flips.items())}): {missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
