"""Run the sample, or a part of it, and read what came out."""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.job.plan import Plan, make_plan
from babelmill.pipeline.runners.local import execute, prepare
from babelmill.transforms.write.listed import Totals
from babelmill.transforms.write.manifest_file import FORMAT, Manifest, dump_manifest, parse_manifest

ROOT = Path(__file__).parents[2]


@contextmanager
def at_root() -> Iterator[None]:
    """Stand where the sample's relative paths lead somewhere."""
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        yield
    finally:
        os.chdir(before)


def plan_sample(output: Path | str, settings: Sequence[str] = ()) -> Plan:
    with at_root():
        return make_plan(
            load_config(
                "configs/sample.yaml", [f"output={output}", "access.schemes=[gs, s3, hdfs, mem, faulty]", *settings]
            )
        )


def run_sample(output: Path, *settings: str, workers: int = 1) -> Path:
    plan = plan_sample(output, settings)
    with at_root():
        prepare(plan)
        execute(plan, workers)
    return output


def errors_told(stderr: str) -> list[str]:
    """Return a configuration's errors as `key: message`: without places, lines of the file, and their number."""
    lines = [line for line in stderr.splitlines() if not re.match(r" *\d* \| |\d+ errors?$", line)]
    return [re.sub(r"^(babelmill|--set|default|\S+:\d+:\d+): ", "", line) for line in lines]


def told_beside(stderr: str) -> str:
    """Return what a run told, but for the line that only the first one of a version has."""
    return re.sub(r"\ACompiling \d+ kernels, once for this version of the code \.\.\.\n", "", stderr)


def files_of(output: Path) -> dict[str, str]:
    """Return path below the output → SHA-256, of all that must not depend on how the work was cut up."""
    patterns = ("data/**/*.parquet", "index/**/*.parquet", "*.parquet", "*.json", "*.md")
    return _digests(output, (path for pattern in patterns for path in output.glob(pattern)))


def every_file_of(output: Path) -> dict[str, str]:
    """Return path below the output → SHA-256, of every file that two runs of the same work must have alike.

    The page tells when it was made, the work folder what it took.
    """
    paths = (path for path in output.rglob("*") if path.is_file())
    return _digests(
        output, (path for path in paths if path.relative_to(output).parts[0] not in ("work", "report.html"))
    )


def _digests(output: Path, paths: Iterable[Path]) -> dict[str, str]:
    return {str(path.relative_to(output)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(paths)}


def typed_manifest(content: dict[str, Any]) -> Manifest:
    """Return the manifest that some JSON is, whatever its digest."""
    return parse_manifest(dump_manifest(content), "", 1 << 30)[0]


def small_manifest(config: dict[str, Any]) -> Manifest:
    """Return the manifest of a run of a configuration that read and kept nothing."""
    return Manifest(
        format=FORMAT, name="small", config_digest="0" * 64, config=config, totals=Totals(0, 0, 0, 0, 0, 0),
        inputs=(), shards=(), tables={},
    )  # fmt: skip


def manifest_of(output: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((output / "manifest.json").read_bytes())
    return found


def shards_of(output: Path) -> pa.Table:
    """Return all documents of a run, in the manifest's order, with `lang`."""
    parts = []
    for shard in manifest_of(output)["shards"]:
        table = pq.ParquetFile(output / shard["path"]).read()
        parts.append(table.append_column("lang", pa.array([shard["lang"]] * len(table))))
    return pa.concat_tables(parts)
