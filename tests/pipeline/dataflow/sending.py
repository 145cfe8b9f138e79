"""What the tests of `submit` share: a bucket with input, Google's stub, and the command."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from typer.testing import CliRunner

from babelmill.pipeline.cli import app
from babelmill.pipeline.dataflow.image import LABEL
from babelmill.pipeline.job.code_version import code_version
from tests.cloud import storage_emulator, upload
from tests.dataflow_stub import Stub, google
from tests.pipeline.runs import ROOT, at_root

CORPUS = ROOT / "tests" / "data" / "corpus"


class Sent(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@contextmanager
def clouds() -> Iterator[Stub]:
    """Run storage with some input, and the stub with the right image."""
    with storage_emulator(), google() as stub:
        upload(CORPUS.glob("f*.jsonl*"), "gs://bucket/in")
        stub.labels = {LABEL: code_version()}
        yield stub


def submit(stub: Stub, *arguments: str, settings: tuple[str, ...] = (), flags: tuple[str, ...] = ()) -> Sent:
    """Submit the sample with its input in the bucket."""
    command = ["submit", "configs/sample.yaml", *arguments]
    for setting in (
        "input=[{source: docs, files: 'gs://bucket/in/*'}]",
        "output=gs://bucket/out",
        f"dataflow={{project: my-project, region: us-central1, temp: 'gs://bucket/tmp', image: '{stub.image}'}}",
        *settings,
    ):
        command += ["--set", setting]
    command += ["--", "--no_auth", f"--dataflow_endpoint={stub.endpoint}", *flags]
    with at_root():
        result = CliRunner().invoke(app, command)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Sent(result.exit_code, result.stdout, re.sub(r"\x1b\[[\d;]*m", "", result.stderr))
