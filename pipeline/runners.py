"""Runners: where the graph runs, and how what fails there is told."""

import contextlib
import logging
import os
import re
from collections.abc import Iterator, Sequence

import apache_beam as beam
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, StandardOptions
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

from pipeline.graph import build
from pipeline.plan import Plan
from transforms import errors
from transforms.storage import join, remove, remove_temporaries, write_bytes
from transforms.write.manifest import MANIFEST

__all__ = ["execute", "prepare"]

_OURS = re.compile(r"transforms\.errors\.(\w+): (.*)\Z", re.DOTALL)
_STEP = re.compile(r" \[while running '[^']*'\]\s*\Z")


def prepare(plan: Plan) -> None:
    """Lay out what the graph starts from: the list of work items; and take back an older run's manifest.

    From here until the new manifest stands, the output is no finished run.
    """
    remove([join(plan.config.output, MANIFEST)])
    remove_temporaries(plan.config.output)
    write_bytes(plan.work.items, b"".join(item.dump() + b"\n" for item in plan.items))


def _options(workers: int, flags: Sequence[str]) -> PipelineOptions:
    """Return Beam's options: what the user passes on wins over what `workers` implies."""
    options = PipelineOptions(list(flags))
    direct = options.view_as(DirectOptions)
    if not any(flag.startswith("--direct_num_workers") for flag in flags):
        direct.direct_num_workers = workers
    if workers > 1 and not any(flag.startswith("--direct_running_mode") for flag in flags):
        # Processes: fastText and JSON hold Python's lock. Threads (`multi_threading`) have lost rows in Beam.
        direct.direct_running_mode = "multi_processing"
    return options


def _ours(error: Exception) -> errors.BabelmillError | None:
    """Return the error that a worker raised, without what Beam wrote around it; None where it is none of ours.

    Beam gives it back as the same class with a step's name behind its message, or as a RuntimeError with a traceback
    for a message.
    """
    kind, text = type(error).__name__, str(error)
    if not isinstance(error, errors.BabelmillError):
        found = _OURS.search(text)
        if not found:
            return None
        kind, text = found.groups()
    text = _STEP.sub("", text).strip()
    known = {
        cls.__name__: cls for cls in (errors.LawError, errors.RejectedError, errors.DamageError, errors.WorldError)
    }
    return known.get(kind, errors.RunError)(text)


@contextlib.contextmanager
def _one_thread_each(workers: int) -> Iterator[None]:
    """Keep `tokenizers` from starting a thread a core in every worker; processes inherit the environment."""
    before = os.environ.get("TOKENIZERS_PARALLELISM")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("TOKENIZERS_PARALLELISM", None)


def execute(plan: Plan, workers: int = 1, flags: Sequence[str] = ()) -> None:
    """Run the graph on this machine, or on the runner that the flags name, and wait for its end.

    Args:
        plan: what to run; `prepare` has been called.
        workers: local processes.
        flags: Beam's own options.

    Raises:
        BabelmillError: as a worker raised it.
        RuntimeError: whatever else went wrong in a worker, as Beam tells it.
    """
    options = _options(workers, flags)
    # Beam's plain DirectRunner looks for another engine to download first: name the one that is here.
    named = options.view_as(StandardOptions).runner
    logging.getLogger("apache_beam").setLevel(logging.ERROR)
    with _one_thread_each(workers):
        try:
            pipeline = beam.Pipeline(named or FnApiRunner(), options=options)
            build(pipeline, plan)
            pipeline.run().wait_until_finish()
        except Exception as error:
            if ours := _ours(error):
                raise ours from error
            raise
