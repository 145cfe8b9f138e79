"""Runners: where the graph runs, and how what fails there is told."""

import contextlib
import logging
import os
import re
from collections.abc import Iterator, Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, StandardOptions, WorkerOptions
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

from babelmill.pipeline.corpus.generated import GENERATED, is_generated
from babelmill.pipeline.job.changes import note_of
from babelmill.pipeline.job.graph import build
from babelmill.pipeline.job.ownership import claim
from babelmill.pipeline.job.plan import Plan
from babelmill.pipeline.job.queue import lay_out_queue
from babelmill.pipeline.job.slots import find_slots
from babelmill.pipeline.runners.beam_options import Options, given
from babelmill.pipeline.runners.processes import Processes, WorkerDied, quiet_channels
from babelmill.pipeline.runners.servers import private_servers
from babelmill.transforms import errors
from babelmill.transforms.files.storage import exists, find_below, is_local, join, read_bytes, remove, write_bytes
from babelmill.transforms.files.temporaries import TEMPORARY, named_finally
from babelmill.transforms.work import WorkFolder
from babelmill.transforms.write.manifest_file import MANIFEST
from babelmill.transforms.write.owned import NOBODY, WORK, ours_on_disk, read_manifest, read_owned, remove_temporaries

__all__ = ["execute", "laid_out", "lay_out", "prepare", "take_back", "told_by_worker"]

log = logging.getLogger(__name__)

_LIVES = 3
_NAME = f"{errors.__name__}."
_OURS = re.compile(re.escape(_NAME) + r"(\w+): (.*)\Z", re.DOTALL)
_STEP = re.compile(r" \[while running '[^']*'\]\s*\Z")


def prepare(plan: Plan) -> None:
    """Lay out what the graph starts from; take back an older run's manifest, budget and page.

    Raises:
        ConfigError: if the output cannot be written.
    """
    with laid_out(plan):
        take_back(plan)


def take_back(plan: Plan) -> None:
    """Take an older run's manifest out of its place, and remove budget and page; `lay_out` has noted what it listed.

    From here until the new manifest stands, the output is no finished run. As long as none of its shards is written
    over, the work folder keeps the manifest: Commit puts it back if this run keeps no document.

    Raises:
        ConfigError: if the output cannot be written.
    """
    output = plan.config.output
    with _writable():
        if read_manifest(output):
            write_bytes(plan.work.taken_back, read_bytes(join(output, MANIFEST)))
        try:
            remove([join(output, MANIFEST)])
        except errors.WorldError:
            remove([plan.work.taken_back])
            raise
        remove(join(output, name) for name in GENERATED if is_generated(join(output, name)))


@contextlib.contextmanager
def laid_out(plan: Plan) -> Iterator[None]:
    """Lay out what the graph starts from, for a job that starts in the block; if none does, it is as it was before.

    Raises:
        ConfigError: if the output cannot be written.
    """
    work = WorkFolder(plan.config.output)
    paths = (work.owned, work.current, work.items, work.slots, work.earlier, work.run)
    with _writable():
        before = {path: read_bytes(path) for path in paths if exists(path)}
    lay_out(plan)
    try:
        yield
    except BaseException:
        with contextlib.suppress(errors.WorldError):
            for path, content in before.items():
                write_bytes(path, content)
            remove(path for path in paths if path not in before)
        raise


def lay_out(plan: Plan) -> None:
    """Note what of the output is ours, and write what the graph starts from: the list of work items.

    Also what the next run will compare with. What killed writers left of our files is removed.

    Raises:
        ConfigError: if the output cannot be written.
    """
    with _writable():
        slots = find_slots(plan)
        remove_temporaries(plan.config.output, claim(plan, slots))
        write_bytes(plan.work.current, plan.token.encode())
        remove([plan.work.refused])
        plan.work.give_slots(slots)
        placed = (item._replace(slot=slot) for item, slot in zip(plan.items, slots, strict=False))
        write_bytes(plan.work.items, b"".join(item.dump() + b"\n" for item in placed))
        write_bytes(plan.work.earlier, b"".join(file.dump() + b"\n" for file in plan.old_files))
        write_bytes(plan.work.run, note_of(plan).dump())


@contextlib.contextmanager
def _writable() -> Iterator[None]:
    try:
        yield
    except errors.WorldError as error:
        raise errors.ConfigError("output", str(error)) from error


def _options(workers: int, flags: Sequence[str]) -> PipelineOptions:
    """Return Beam's options: what the user passes on wins over what `workers` implies."""
    options = Options(list(flags))
    if not given("direct_num_workers", flags):
        options.view_as(DirectOptions).direct_num_workers = workers
    if not given("default_sdk_harness_log_level", flags):
        # An error comes back with its traceback; logged by worker and runner it would be told three times.
        options.view_as(WorkerOptions).default_sdk_harness_log_level = "CRITICAL"
    return options


def _runner(workers: int, flags: Sequence[str], processes: Processes) -> FnApiRunner:
    """Return the local runner: in this process, or with processes as workers.

    Beam's plain DirectRunner looks for another engine to download first, so this one is named. Processes, because
    fastText and JSON hold Python's lock; threads (`multi_threading`) have lost rows in Beam.
    """
    if workers == 1 or given("direct_running_mode", flags):
        return FnApiRunner()
    return FnApiRunner(default_environment=processes.environment())


def told_by_worker(error: Exception) -> errors.BabelmillError | None:
    """Return the error that a worker raised, without what Beam wrote around it; None where it is none of ours.

    Beam gives it back as the same class with a step's name behind its message, or as a RuntimeError with a traceback
    for a message.
    """
    kind, text = type(error).__name__, str(error)
    if not isinstance(error, errors.BabelmillError):
        # The last one: a traceback tells the same error again and again, and ours may have several lines.
        found = _OURS.match(text[max(0, text.rfind(_NAME)) :])
        if not found:
            return None
        kind, text = found.groups()
    text = _STEP.sub("", text).strip()
    known = (errors.LawError, errors.RejectedError, errors.EmptyError, errors.DamageError, errors.WorldError)
    return next((cls for cls in known if cls.__name__ == kind), errors.RunError)(text)


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Keep `tokenizers` from starting a thread a core in every worker; processes inherit the environment."""
    before = os.environ.get("TOKENIZERS_PARALLELISM")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("TOKENIZERS_PARALLELISM", None)


def execute(plan: Plan, workers: int = 1, flags: Sequence[str] = ()) -> None:
    """Run the graph on this machine, and wait for its end.

    A worker process that dies costs the work item that it was at: the graph starts again with what is finished. Only
    the third that dies without any work finished in between ends the run.

    Args:
        plan: what to run; `prepare` has been called.
        workers: local processes.
        flags: Beam's own options.

    Raises:
        BabelmillError: as a worker raised it.
        RuntimeError: whatever else went wrong in a worker, as Beam tells it.
    """
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
    with _one_thread_each(), quiet_channels(), private_servers():
        lives, finished = _LIVES, _finished(plan)
        while True:
            try:
                _execute(plan, workers, flags)
                # What a killed run's processes were still writing when this one began; they have ended long since.
                remove_temporaries(plan.config.output, read_owned(plan.config.output) or NOBODY)
                return
            except WorkerDied as error:
                told = f"{error}{_at_what(plan, error.process)}"
                remove_temporaries(plan.config.output, read_owned(plan.config.output) or NOBODY)
                before, finished = finished, _finished(plan)
                lives = _LIVES - 1 if finished > before else lives - 1
                if not lives:
                    raise errors.WorldError(told) from error
                log.warning("%s; going on from what is finished", told)


def _interrupted(error: BaseException | None) -> bool:
    """Say whether somebody pressed Ctrl-C: where the workers are in this process, Beam makes a failed step of it."""
    while error and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _finished(plan: Plan) -> int:
    """Return how many files of finished work there are; what the dead had begun is none."""
    found = ours_on_disk(plan.config.output, read_owned(plan.config.output) or NOBODY, WORK)
    return sum(named_finally(path) is None for path in found)


def _at_what(plan: Plan, process: int) -> str:
    """Say which files a process that is dead was reading: what it began to write of their item is still there."""
    begun = find_below(join(plan.work.base, "items"), f"*{TEMPORARY}{process}-*") if is_local(plan.work.base) else []
    slots = {int(os.path.basename(file.path).partition(".")[0]) for file in begun}
    items = (item for item in plan.items if plan.work.slot(item.number) in slots)
    names = [piece.path for item in items for piece in item.pieces]
    more = f" and {len(names) - 1} more" if names[1:] else ""
    return f" while it read {names[0]}{more}" if names else ""


def _execute(plan: Plan, workers: int, flags: Sequence[str]) -> None:
    options, processes = _options(workers, flags), Processes()
    if workers > 1 and is_local(plan.work.base):
        lay_out_queue(plan.work, plan.items)
        plan = plan._replace(queued=True)
    options.view_as(StandardOptions).runner = None
    try:
        # The flags may call it by another name: it is this machine either way (`runner_of`).
        pipeline = beam.Pipeline(_runner(workers, flags, processes), options=options)
        build(pipeline, plan)
        pipeline.run().wait_until_finish()
    except WorkerDied:
        raise
    except Exception as error:
        if _interrupted(error):
            raise KeyboardInterrupt from error
        if ours := told_by_worker(error) or processes.death():
            raise ours from error
        raise
