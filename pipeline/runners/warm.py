"""Warm: have every kernel compiled and every model loaded before there is work.

An image is warmed when it is built (`babelmill warm`), so that no worker compiles; a worker warms itself in its start,
so that loading is not taken for work.
"""

import tempfile

import orjson
import pyarrow as pa

from babelmill.transforms.files.storage import join, write_bytes
from babelmill.transforms.warm import TEXTS

__all__ = ["run_job", "warm_job"]


def warm_job() -> None:
    """Compile what a job may come to need, and run one."""
    from babelmill.transforms.kernels.buffers import string_buffers
    from babelmill.transforms.pii.find import Finder

    run_job()
    Finder(0)(*string_buffers(pa.array(TEXTS)))


def run_job() -> None:
    """Run the whole job on a few documents, once judged and once not, so that some reach the shards."""
    from babelmill.pipeline.config.loader import load_config
    from babelmill.pipeline.config.profiles import packaged
    from babelmill.pipeline.job.plan import make_plan
    from babelmill.pipeline.runners.local import execute, prepare

    with tempfile.TemporaryDirectory() as folder:
        path = join(folder, "warm.jsonl")
        lines = (orjson.dumps({"text": text + "\n" * copy}) + b"\n" for text in TEXTS for copy in range(3))
        write_bytes(path, b"".join(lines))
        for quality in ("on", "off"):
            settings = [f"input=[{{source: warm, files: {path}}}]", f"output={join(folder, quality)}"]
            settings += ["quality=off"] if quality == "off" else []
            plan = make_plan(load_config(packaged("", "local.yaml"), settings))
            prepare(plan)
            execute(plan)
