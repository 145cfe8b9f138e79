"""The real way of a job: Google's own client, against an emulator of the storage and a stub of the Dataflow API."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.internal import pickler
from apache_beam.internal.cloudpickle import cloudpickle
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.dataflow import job as jobs
from babelmill.pipeline.job.code_version import code_version
from babelmill.pipeline.runners.local import execute, lay_out
from babelmill.transforms.files.storage import find_below, read_bytes, write_bytes
from babelmill.transforms.write.manifest_file import dump_manifest
from tests.cloud import download
from tests.dataflow_stub import Stub
from tests.pipeline.dataflow.sending import clouds, submit
from tests.pipeline.runs import ROOT, errors_told, files_of, plan_sample, small_manifest

BEAM = str(Path(beam.__file__).parent).encode()

SETTINGS = ["input=[{source: docs, files: 'gs://bucket/in/*'}]"]
Proto = beam_runner_api_pb2.Pipeline
STANDARD_CODERS = {
    f"beam:coder:{name}:v1" for name in ("bytes", "global_window", "iterable", "kv", "string_utf8", "tuple", "varint")
}


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with clouds() as stub:
        yield stub


@pytest.fixture(scope="module")
def job(stub: Stub) -> dict[str, Any]:
    sent = submit(stub)
    assert (sent.code, sent.err) == (0, "")
    assert "job job-1" in sent.out
    assert "https://console.cloud.google.com/dataflow/jobs/us-central1/job-1?project=my-project" in sent.out
    [job] = stub.jobs
    return job


def test_a_field_that_is_not_there_is_said(stub: Stub) -> None:
    named = "input=[{source: docs, files: 'gs://bucket/in/*', url: link}]"
    sent = submit(stub, "--dry-run", settings=(named,))
    assert sent.code == 0
    [line] = sent.err.splitlines()
    assert line.startswith("babelmill: input.0.url: no field 'link' in the first ")
    assert "; its fields are " in line
    refused = submit(stub, settings=(named.replace("url: link", "text: content"),))
    assert (refused.code, refused.out) == (2, "")
    assert errors_told(refused.err)[0].startswith("input.0.text: no field 'content' in the first ")


@pytest.fixture(scope="module")
def staged(job: dict[str, Any]) -> Proto:
    return Proto.FromString(read_bytes(job["environment"]["sdkPipelineOptions"]["options"]["pipelineUrl"]))


def test_the_job_has_the_options_of_a_batch_job(job: dict[str, Any], stub: Stub) -> None:
    options = job["environment"]["sdkPipelineOptions"]["options"]
    [pool] = job["environment"]["workerPools"]
    assert {"use_runner_v2", "shuffle_mode=service"} <= set(job["environment"]["experiments"])
    assert (pool["machineType"], pool["diskSizeGb"]) == ("n2-standard-4", 50)
    assert pool["autoscalingSettings"]["maxNumWorkers"] == 100
    assert pool["numThreadsPerWorker"] == 1
    [harness] = pool["sdkHarnessContainerImages"]
    assert harness["containerImage"] == stub.image
    assert (options["region"], options["project"]) == ("us-central1", "my-project")
    assert options["temp_location"].startswith("gs://bucket/tmp/babelmill-sample-")
    assert options["sdk_location"] == "container"
    assert set(job["labels"]) == {"babelmill", "config", "run"}
    assert job["labels"]["config"] == plan_sample("gs://bucket/out", SETTINGS).digest[:16]


def test_the_graph_is_portable(staged: Proto, stub: Stub) -> None:
    parts = staged.components
    leaves = [part for part in parts.transforms.values() if not part.subtransforms]
    kinds = {part.spec.urn.removeprefix("beam:transform:").removesuffix(":v1") for part in leaves}
    assert kinds == {"impulse", "pardo", "group_by_key", "flatten"}
    for part in leaves:
        if part.spec.urn == "beam:transform:pardo:v1":
            work = beam_runner_api_pb2.ParDoPayload.FromString(part.spec.payload)
            assert not work.side_inputs
            assert not work.state_specs
            assert not work.timer_family_specs
            assert not work.restriction_coder_id  # not splittable
    assert not staged.requirements
    [environment] = parts.environments.values()
    assert environment.urn == "beam:env:docker:v1"
    assert stub.image.encode() in environment.payload
    assert {"Screen/ParDo(Screen)", "Write shards/ParDo(WriteShards)", "Commit"} <= {p.unique_name for p in leaves}


def test_what_is_shuffled_has_a_standard_coder(staged: Proto) -> None:
    parts = staged.components

    def urns(coder: str) -> Iterator[str]:
        yield parts.coders[coder].spec.urn
        for inner in parts.coders[coder].component_coder_ids:
            yield from urns(inner)

    for part in parts.transforms.values():
        # The sums of the ledger are tuples of four numbers in the making, which Beam has no coder for.
        if part.spec.urn == "beam:transform:group_by_key:v1" and not part.unique_name.startswith("Add up"):
            for collection in part.inputs.values():
                assert set(urns(parts.pcollections[collection].coder_id)) <= STANDARD_CODERS


def test_the_graph_is_small_and_holds_no_path_of_this_machine(staged: Proto) -> None:
    assert staged.ByteSize() < 200_000
    for part in staged.components.transforms.values():
        if part.spec.urn == "beam:transform:pardo:v1":
            work = beam_runner_api_pb2.ParDoPayload.FromString(part.spec.payload)
            # Beam's own lambdas tell where they were written; that may be a virtual environment in our folder.
            pickled = cloudpickle.dumps(pickler.loads(work.do_fn.payload)).replace(BEAM, b"")
            assert str(ROOT).encode() not in pickled
            assert b"site-packages/deepseek" not in pickled


def test_the_same_graph_runs_with_its_files_in_the_bucket(staged: Proto, tmp_path: Path) -> None:
    graph = Proto()
    graph.CopyFrom(staged)
    for environment in graph.components.environments.values():
        environment.urn, environment.payload = "beam:env:embedded_python:v1", b""
        del environment.dependencies[:]
    FnApiRunner().run_via_runner_api(graph, PipelineOptions([])).wait_until_finish()
    assert not list(verify(open_output("gs://bucket/out")))
    local = plan_sample(tmp_path / "local", SETTINGS)
    lay_out(local)
    execute(local)
    there = download("gs://bucket/out", tmp_path / "there")
    assert files_of(there) == files_of(tmp_path / "local")
    # A second submission finds all of it done: the sidecars know the items, and nothing staged is written again.
    before = find_below("gs://bucket/out", "work/items/*.parquet")
    FnApiRunner().run_via_runner_api(graph, PipelineOptions([])).wait_until_finish()
    assert find_below("gs://bucket/out", "work/items/*.parquet") == before


def test_a_dry_run_sends_and_writes_nothing(stub: Stub, job: dict[str, Any]) -> None:
    before, posts = find_below("gs://bucket", "*"), len(stub.jobs)
    sent = submit(stub, "--dry-run")
    assert (sent.code, sent.err) == (0, "")
    for word in ("n2-standard-4", "shuffle_mode=service", "config=", f"holds this code, {code_version()}", "CPUs"):
        assert word in sent.out
    assert len(stub.jobs) == posts
    assert find_below("gs://bucket", "*") == before


def test_waiting_tells_states_and_progress(stub: Stub, job: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_EVERY_S", 0.01)
    stub.states = ["JOB_STATE_PENDING", "JOB_STATE_RUNNING", "JOB_STATE_RUNNING", "JOB_STATE_DONE"]
    sent = submit(stub, "--wait", settings=("output=gs://bucket/waited",))
    assert sent.code == 0
    said = [line.split("  ")[1] for line in sent.out.splitlines() if line.startswith("0:")]
    assert said == ["pending", "0 of 1 items screened, 0 shards written", "running", "done"]


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        (
            ["Traceback …\nbabelmill.transforms.errors.WorldError: cannot read x: 404", "Workflow failed."],
            "cannot read x: 404",
        ),
        (["Quota exceeded."], "job job-1 is failed: Quota exceeded.; https://console.cloud.google.com/dataflow/"),
        ([], "job job-1 is failed; https://console.cloud.google.com/dataflow/"),
    ],
)
def test_a_failed_job_tells_why(stub: Stub, monkeypatch: pytest.MonkeyPatch, messages: list[str], told: str) -> None:
    monkeypatch.setattr(jobs, "_EVERY_S", 0.01)
    stub.states, stub.messages = ["JOB_STATE_FAILED"], messages
    sent = submit(stub, "--wait", settings=("output=gs://bucket/failed",))
    stub.states = ["JOB_STATE_DONE"]
    assert sent.code == 1
    assert sent.err.startswith(f"babelmill: {told}")
    assert len(sent.err.splitlines()) == 1


def test_a_refused_job_leaves_nothing_staged_and_the_old_manifest(stub: Stub, job: dict[str, Any]) -> None:
    write_bytes("gs://bucket/refused/manifest.json", dump_manifest(small_manifest({})))
    before = find_below("gs://bucket/tmp", "**")
    stub.refusal, stub.refuse_posts_only = (409, "There is already an active job of this name"), True
    sent = submit(stub, "--replace", settings=("output=gs://bucket/refused",))
    stub.refusal = None
    assert sent.code == 2
    where = "project 'my-project', region 'us-central1'"
    [error] = errors_told(sent.err)
    assert error.startswith(f"dataflow: no job was started in {where}: 409")
    assert find_below("gs://bucket/tmp", "**") == before
    assert [file.path for file in find_below("gs://bucket/refused", "**")] == ["gs://bucket/refused/manifest.json"]
