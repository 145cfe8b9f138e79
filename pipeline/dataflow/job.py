"""A job: its graph built as Dataflow will see it, sent, and followed to its end."""

import contextlib
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions, TestOptions
from apache_beam.runners.dataflow.dataflow_runner import DataflowRunner
from google.api_core.exceptions import GoogleAPICallError

from babelmill.pipeline.corpus.lock import hold
from babelmill.pipeline.dataflow.api import Cloud, one_line
from babelmill.pipeline.job.graph import build
from babelmill.pipeline.job.plan import Plan
from babelmill.pipeline.runners.local import laid_out, take_back, told_by_worker
from babelmill.transforms.errors import ConfigError, RunError, WorldError
from babelmill.transforms.files.storage import find, find_below, join, remove
from babelmill.transforms.text.visible import quote

__all__ = ["Job", "follow", "graph_of", "send"]

_EVERY_S = 10.0
_COUNT_EVERY_S = 60.0
"""Counting lists every finished item: a thousand names a request."""
_RUNNING = frozenset(
    ("unknown", "stopped", "pending", "queued", "running", "draining", "cancelling", "resource_cleaning_up", "pausing")
)


class Job(NamedTuple):
    """A job that Dataflow has taken."""

    id: str
    project: str
    region: str

    @property
    def name(self) -> str:
        """Project, region and id."""
        return f"{self.project}/{self.region}/{self.id}"

    @property
    def console(self) -> str:
        """Where to look at it."""
        return f"https://console.cloud.google.com/dataflow/jobs/{self.region}/{self.id}?project={self.project}"


def _pipeline(plan: Plan, options: PipelineOptions) -> beam.Pipeline:
    pipeline = beam.Pipeline(DataflowRunner(), options=options)
    build(pipeline, plan.portable)
    return pipeline


def graph_of(plan: Plan, options: PipelineOptions) -> Any:
    """Return the graph's proto as Dataflow would get it, with its environment; sends nothing."""
    # A copy: the runner writes job-specific folders into its options.
    copy = PipelineOptions.from_dictionary(options.get_all_options(drop_default=True))
    copy.view_as(TestOptions).dry_run = True
    # No part of the graph. But of names that it does not like Beam makes a bucket of its own, even in a dry run.
    cloud = copy.view_as(GoogleCloudOptions)
    cloud.temp_location = cloud.staging_location = "gs://bucket/not-used"
    cloud.project = "not-used"
    return _pipeline(plan, copy).run().job.proto_pipeline


def send(plan: Plan, options: PipelineOptions, cloud: Cloud | None, take_over: bool = False) -> Job | None:
    """Send the job; None where the options name a template instead, which is only written.

    The output's lock is left to the job. Whatever goes wrong, no job has begun and nothing staged is left.

    Args:
        plan: what to run.
        options: how.
        cloud: asked whether a job that holds the output's lock is over.
        take_over: take the lock over from whoever holds it.

    Raises:
        ConfigError: if the output cannot be written, somebody else writes there, or the service refuses.
    """
    with hold(plan.config.output, take_over, lambda job: _ended(job, cloud)) as held:
        job = _send(plan, options)
        if job:
            held.leave_to(job.name)
    return job


def _ended(name: str, cloud: Cloud | None) -> bool:
    """Say whether a job is over; one that cannot be asked for is not."""
    if cloud is None:
        return False
    with contextlib.suppress(ConfigError, ValueError):
        project, region, id = name.split("/")
        return cloud.state_of(id, project, region) not in _RUNNING
    return False


def _send(plan: Plan, options: PipelineOptions) -> Job | None:
    view = options.view_as(GoogleCloudOptions)
    # A folder of this submission alone, so that all of it can be removed.
    view.staging_location = join(view.staging_location, f"{time.time_ns():x}")
    try:
        with laid_out(plan):
            result = _pipeline(plan, options).run()
    except (GoogleAPICallError, OSError, ValueError, RuntimeError) as error:
        with contextlib.suppress(WorldError):
            remove(file.path for file in find_below(view.staging_location, "**"))
        code = f"{error.code} " if isinstance(error, GoogleAPICallError) and error.code else ""
        where = f"project {quote(view.project)}, region {quote(view.region)}"
        raise ConfigError("dataflow", f"no job was started in {where}: {code}{one_line(error)}") from error
    # Only now: a refused job must not cost an older run its manifest.
    take_back(plan)
    return Job(result.job_id(), view.project, view.region) if result.has_job else None


def follow(job: Job, plan: Plan, cloud: Cloud, say: Callable[[str], None]) -> None:
    """Wait for a job's end, and tell its states and how many items and shards are finished.

    Args:
        job: a job of this plan.
        plan: what it runs.
        cloud: where to ask.
        say: called with each line.

    Raises:
        BabelmillError: as a worker raised it, or a RunError with the job's state and its last error.
    """
    started, counted, state, line = time.time(), 0.0, "", ""
    while True:
        before, state = state, cloud.state_of(job.id)
        if state != before:
            say(f"{_clock(started)}  {state}")
        ended = state not in _RUNNING
        if ended or time.time() - counted >= _COUNT_EVERY_S:
            counted, last, line = time.time(), line, _finished(plan)
            if line != last:
                say(f"{_clock(started)}  {line}")
        if ended:
            break
        time.sleep(_EVERY_S)
    if state != "done":
        errors = cloud.errors_of(job.id)
        for message in reversed(errors):
            if ours := told_by_worker(RuntimeError(message)):
                raise ours
        last_words = f": {one_line(RuntimeError(errors[-1]))}" if errors else ""
        raise RunError(f"job {job.id} is {state}{last_words}; {job.console}")


def _finished(plan: Plan) -> str:
    """Count the sidecars: those of an earlier run are reused, and count."""
    items, shards = (len(find(join(plan.work.base, folder, "*.json"))) for folder in ("items", "shards"))
    return f"{items:,} of {len(plan.items):,} items screened, {shards:,} shards written"


def _clock(started: float) -> str:
    passed = int(time.time() - started)
    return f"{passed // 3600}:{passed // 60 % 60:02}:{passed % 60:02}"
