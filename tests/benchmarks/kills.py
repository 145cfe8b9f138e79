"""Kills: a run that is killed at random moments ends in the same bytes as one that never was.

    python -m tests.benchmarks.kills CONFIG [--kills 50] [--workers 2] [--seed 0] [--set KEY=VALUE ...]

Runs the configuration once, undisturbed. Then, that many times: starts it into a new folder, kills its whole process
group with SIGKILL after a random part of the undisturbed time, runs it again to its end, verifies it, and compares
every byte outside of the work folder. Finished work items that were screened again are counted too.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from tests.pipeline.runs import every_file_of


def command(config: str, output: Path, workers: int, settings: list[str]) -> list[str]:
    """Return the command line of one run."""
    sets = [part for setting in (*settings, f"output={output}") for part in ("--set", setting)]
    return [sys.executable, "-m", "babelmill", "run", config, "--workers", str(workers), *sets]


def finished(output: Path) -> dict[str, int]:
    """Return the finished work items, and when each was staged."""
    items = output / "work" / "items"
    return {
        sidecar.stem: sidecar.with_suffix(".parquet").stat().st_mtime_ns
        for sidecar in items.glob("*.json")
        if sidecar.with_suffix(".parquet").exists()
    }


def killed(process: subprocess.Popen[bytes]) -> bool:
    """Kill a run's whole process group; say whether it was still running."""
    running = process.poll() is None
    if running:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return running


def main() -> int:
    """Return 0 if every resumed run ended in the same bytes."""
    parser = argparse.ArgumentParser(description="Kill runs at random moments, resume them, compare every byte.")
    parser.add_argument("config")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", dest="settings", action="append", default=[])
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "whole"
        started = time.monotonic()
        subprocess.run(
            command(arguments.config, whole, arguments.workers, arguments.settings),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        took, right = time.monotonic() - started, every_file_of(whole)
        done = wrong = again = 0
        while done < arguments.kills:
            output = Path(scratch) / "killed"
            shutil.rmtree(output, ignore_errors=True)
            line = command(arguments.config, output, arguments.workers, arguments.settings)
            after = chance.uniform(0, took)
            process = subprocess.Popen(
                line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
            )
            began = time.monotonic()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(after)
            if not killed(process):
                took = time.monotonic() - began
                continue
            before = finished(output)
            subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
            twice = sum(finished(output).get(item) != staged for item, staged in before.items())
            same = every_file_of(output) == right and not list(verify(open_output(str(output))))
            done, wrong, again = done + 1, wrong + (not same), again + twice
            print(f"killed after {after:5.1f} s: {len(before)} items finished, {twice} of them again,", end=" ")
            print("the same bytes" if same else "OTHER BYTES", flush=True)
    print(f"{done} kills of a run of {took:.1f} s: {wrong} ended in other bytes; {again} finished items screened again")
    return 1 if wrong or again else 0


if __name__ == "__main__":
    sys.exit(main())
