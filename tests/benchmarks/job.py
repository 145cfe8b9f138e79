"""Benchmark: the whole job and each of its stages, in MB of text for each CPU second.

    python -m tests.benchmarks.job CORPUS [--docs 300] [--json FILE]

CORPUS is a folder of <lang>.jsonl.gz with the fields text and id. The stages are measured in this process on the
first documents of six languages, after a warm-up; the job in a process of its own, start-up, compiled kernels' loading
and Beam included. tests.benchmarks.race has other people's tools beside them.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from babelmill.pipeline.job.plan import Plan
from tests.benchmarks.stages import LANGS, config_of, lang_of, plan_of, stage_works, text_bytes

Figures = dict[str, dict[str, float]]


def cpu_s(work: Callable[[], object]) -> float:
    """Return the CPU seconds of a second call: the first compiles, loads and fills caches."""
    work()
    started = time.process_time()
    work()
    return time.process_time() - started


def stages(plan: Plan) -> Figures:
    """Measure every stage on the items of `plan_of`: MB/s of CPU by language, and over all."""
    spent: dict[str, list[tuple[int, float]]] = {}
    figures: Figures = {}
    for item in plan.items:
        size = text_bytes(plan, item)
        for stage, work in stage_works(plan, item):
            seconds = cpu_s(work)
            spent.setdefault(stage, []).append((size, seconds))
            figures.setdefault(stage, {})[lang_of(item)] = size / seconds / 1e6
    for stage, parts in spent.items():
        figures[stage]["all"] = sum(size for size, _ in parts) / sum(seconds for _, seconds in parts) / 1e6
    return figures


def job(corpus: Path) -> dict[str, float]:
    """Run the whole job in a process of its own: CPU and wall seconds, MB/s of CPU, peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        config = config_of(corpus, Path(folder))
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run([sys.executable, "-m", "babelmill", "run", str(config)], check=True, stdout=subprocess.DEVNULL)
        wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        totals = json.loads((Path(folder) / "run/manifest.json").read_bytes())
        rows = pq.read_table(Path(folder) / "run/ledger.parquet").to_pylist()
    size = sum(row["bytes"] for row in rows if row["stage"] == "read")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "documents": totals["totals"]["documents_read"],
        "kept": totals["totals"]["documents"],
        "text_MB": size / 1e6,
        "cpu_s": cpu,
        "wall_s": wall,
        "MB_per_cpu_s": size / 1e6 / cpu,
        "peak_MB": after.ru_maxrss / 1e3,
    }


def show(result: dict[str, Any]) -> None:
    """Print the figures as tables."""
    console = Console(width=110, highlight=False)
    table = Table(title="MB of text a CPU second", title_justify="left", box=None)
    table.add_column("stage")
    for column in (*LANGS, "all"):
        table.add_column(column, justify="right")
    for stage, figures in result["stages"].items():
        table.add_row(stage, *(f"{figures[lang]:.3g}" for lang in (*LANGS, "all")))
    console.print(table)
    whole = result["job"]
    console.print(
        f"job: {whole['text_MB']:.1f} MB, {whole['documents']:.0f} documents, {whole['kept']:.0f} kept; "
        f"{whole['cpu_s']:.1f} CPU s, {whole['wall_s']:.1f} s, {whole['MB_per_cpu_s']:.2f} MB/CPU s, "
        f"peak {whole['peak_MB']:.0f} MB"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--docs", type=int, default=300, help="documents a language for the stages")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    args = parser.parse_args()
    corpus = args.corpus.resolve()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_of(corpus, Path(folder), LANGS, args.docs)
        result: dict[str, Any] = {"job": job(corpus), "stages": stages(plan)}
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n")
    show(result)


if __name__ == "__main__":
    main()
