"""Runs on other engines: the graph as a job of Beam's Job API (PortableRunner, FlinkRunner, SparkRunner, PrismRunner).

The job is its own writer: from its start the output's lock is left to it, and a launcher that dies leaves it so. Only
where Beam runs the job in the launcher itself (`--job_endpoint=embed`) do both end together.
"""

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any

import apache_beam as beam
import grpc
from apache_beam.options.pipeline_options import PipelineOptions, PortableOptions
from apache_beam.portability.api import beam_job_api_pb2, beam_job_api_pb2_grpc
from apache_beam.runners.runner import PipelineState, create_runner

from babelmill.pipeline.corpus.lock import Hold
from babelmill.pipeline.job.graph import build
from babelmill.pipeline.job.plan import Plan
from babelmill.pipeline.runners.local import laid_out, take_back, told_by_worker
from babelmill.transforms.errors import ConfigError, RunError, WorldError
from babelmill.transforms.files.storage import write_bytes

__all__ = ["check_endpoint", "execute_portable", "job_ended"]

_SCHEME = "beam://"
_EMBEDDED = "embed"
_ANSWER_S = 10.0
"""How long a job server may take to answer whether it is there."""
_CANCEL_S = 60.0
"""How long a cancelled job may take to end."""


def check_endpoint(flags: Sequence[str]) -> None:
    """Refuse a job server that does not answer, before anything is taken back for its job.

    Raises:
        ConfigError: with the endpoint.
    """
    endpoint = _endpoint(flags)
    if not endpoint or endpoint == _EMBEDDED:
        return
    with grpc.insecure_channel(endpoint) as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=_ANSWER_S)
        except grpc.FutureTimeoutError:
            raise ConfigError("--job_endpoint", f"no job server answers at {endpoint} within {_ANSWER_S:g} s") from None


def execute_portable(
    plan: Plan, name: str, flags: Sequence[str], held: Hold, begun: Callable[[], None] = lambda: None
) -> None:
    """Send the graph to another engine, leave the output's lock to the job, and wait for its end.

    A job that cannot be started changes nothing of the output. One that is interrupted is cancelled.

    Args:
        plan: what to run; `check_output` has passed it.
        name: the runner's, of `runner_of`.
        flags: Beam's own options.
        held: the output's lock.
        begun: called once the job has started and the output is its own.

    Raises:
        ConfigError: if no job was started.
        BabelmillError: as a worker raised it; a RunError for a job that ended badly otherwise.
    """
    try:
        pipeline = beam.Pipeline(create_runner(name), options=PipelineOptions(list(flags)))
        build(pipeline, plan.portable)
        with laid_out(plan):
            result = pipeline.run()
    except (ConfigError, WorldError):
        raise
    except Exception as error:
        raise ConfigError("--runner", f"no job was started on {name}: {_one_line(error)}") from error
    take_back(plan)
    begun()
    endpoint = _endpoint(flags) or name
    if endpoint != _EMBEDDED:
        held.leave_to(f"{_SCHEME}{endpoint}/{result._job_id}")
    _follow(result, plan, held)


def _follow(result: Any, plan: Plan, held: Hold) -> None:
    """Wait for a job's end; whatever ends the waiting before ends the job."""
    try:
        result.wait_until_finish()
    except BaseException as error:
        if not _is_over(result):
            # Some job servers say that a job is cancelled and go on with it: it may write no more, whatever they do.
            write_bytes(plan.work.current, b"cancelled")
            _cancel(result)
        held.take_back()
        if isinstance(error, Exception):
            raise told_by_worker(error) or RunError(f"the job ended badly: {_one_line(error)}") from error
        raise
    held.take_back()


def _cancel(result: Any) -> None:
    """Cancel a job, and give it a time to end."""
    end = time.monotonic() + _CANCEL_S
    with contextlib.suppress(Exception):  # a job server that is no more, or takes no orders
        result.cancel()
    while not _is_over(result) and time.monotonic() < end:
        time.sleep(0.5)


def _is_over(result: Any) -> bool:
    try:
        return bool(PipelineState.is_terminal(result.state))
    except Exception:  # of a server that does not answer nothing is known
        return False


def job_ended(job: str) -> bool:
    """Say whether a job of a Job API is over; one that cannot be asked for is not.

    Args:
        job: as a lock names it.
    """
    if not job.startswith(_SCHEME):
        return False
    endpoint, _, number = job.removeprefix(_SCHEME).rpartition("/")
    request = beam_job_api_pb2.GetJobStateRequest(job_id=number)
    with contextlib.suppress(grpc.RpcError, ValueError), grpc.insecure_channel(endpoint) as channel:
        state = beam_job_api_pb2_grpc.JobServiceStub(channel).GetState(request, timeout=_ANSWER_S).state
        return bool(PipelineState.is_terminal(beam_job_api_pb2.JobState.Enum.Name(state)))
    return False


def _endpoint(flags: Sequence[str]) -> str:
    return PipelineOptions(list(flags)).view_as(PortableOptions).job_endpoint or ""


def _one_line(error: BaseException) -> str:
    if isinstance(error, grpc.RpcError) and hasattr(error, "details"):
        return " ".join(str(error.details()).split())[:300]
    return " ".join((str(error) or repr(error)).split())[:300]
