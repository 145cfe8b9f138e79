"""The Flex Template: its spec, its parameters, and the program that it starts."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from babelmill.pipeline.dataflow.launch import launch
from babelmill.pipeline.dataflow.template import metadata
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.files.storage import exists, read_bytes, write_bytes
from tests.dataflow_stub import Stub
from tests.pipeline.dataflow.sending import clouds, submit
from tests.pipeline.runs import ROOT


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with clouds() as stub:
        yield stub


def test_every_parameter_is_told_and_bounded() -> None:
    assert json.loads((ROOT / "docker" / "metadata.json").read_bytes()) == metadata()
    for parameter in metadata()["parameters"]:
        assert {"name", "label", "helpText", "regexes", "paramType"} <= set(parameter)
        for regex in parameter["regexes"]:
            assert regex.startswith("^")
            assert regex.endswith("$")


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("config", "gs://bucket/my.yaml", True),
        ("config", "my.yaml", False),
        ("config", "gs://b/my.yaml", False),
        ("overrides", "output=gs://bucket/x;dedup.near.bands=20", True),
        ("overrides", "seed=1;", True),
        ("overrides", "seed", False),
        ("overrides", "=1", False),
    ],
)
def test_parameters_are_validated(name: str, value: str, fits: bool) -> None:
    [parameter] = [found for found in metadata()["parameters"] if found["name"] == name]
    assert all(re.fullmatch(regex, value) for regex in parameter["regexes"]) == fits


def test_the_spec_is_written_and_nothing_sent(stub: Stub, tmp_path: Path) -> None:
    for path in (f"{tmp_path}/spec.json", "gs://bucket/template/spec.json"):
        sent = submit(stub, "--template", path)
        assert (sent.code, sent.err) == (0, "")
        spec = json.loads(read_bytes(path))
        assert spec["image"] == f"localhost:{stub.port}/worker-launcher:1"
        assert spec["sdkInfo"] == {"language": "PYTHON"}
        assert spec["metadata"] == metadata()
        assert spec["defaultEnvironment"]["sdkContainerImage"] == stub.image
    assert not stub.jobs


def arguments(stub: Stub) -> list[str]:
    """Return what Dataflow's launcher adds to the template's parameters."""
    return [
        "--runner=DataflowRunner", "--project=my-project", "--region=us-central1", "--job_name=from-template",
        "--temp_location=gs://bucket/tmp", "--staging_location=gs://bucket/tmp/staging", "--no_auth",
        f"--sdk_container_image={stub.image}", f"--dataflow_endpoint={stub.endpoint}",
        "--template_location=gs://bucket/tmp/job_object",
    ]  # fmt: skip


def test_the_launcher_describes_the_job_and_does_not_start_it(stub: Stub) -> None:
    config = (ROOT / "configs" / "sample.yaml").read_bytes()
    write_bytes("gs://bucket/my.yaml", config)
    overrides = "input=[{source: docs, files: 'gs://bucket/in/*'}];output=gs://bucket/flex"
    launch(["--config=gs://bucket/my.yaml", f"--overrides={overrides}", *arguments(stub)])
    assert not stub.jobs
    job = json.loads(read_bytes("gs://bucket/tmp/job_object"))
    assert job["name"] == "from-template"
    assert exists(job["environment"]["sdkPipelineOptions"]["options"]["pipelineUrl"])
    assert exists("gs://bucket/flex/work/items.jsonl")


def test_the_launcher_refuses_what_submit_refuses(stub: Stub) -> None:
    write_bytes("gs://bucket/my.yaml", (ROOT / "configs" / "sample.yaml").read_bytes())
    with pytest.raises(ConfigError, match="output: 'out/sample' lies on this machine"):
        launch(
            [
                "--config=gs://bucket/my.yaml",
                "--overrides=input=[{source: a, files: 'gs://bucket/in/*'}]",
                *arguments(stub),
            ]
        )
