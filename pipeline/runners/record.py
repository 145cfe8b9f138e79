"""The record of a run: what it leaves in the run log, from its beginning to its end, whatever that is."""

import contextlib
import os
import platform
import resource
import socket
import sys
import time
from dataclasses import replace
from types import TracebackType

from babelmill.pipeline.corpus.run_log import Ending, Entry, read_log, write_log
from babelmill.pipeline.job.code_version import code_version, environment
from babelmill.pipeline.job.plan import Plan
from babelmill.pipeline.runners.tracker import Tracker
from babelmill.transforms.errors import BabelmillError, RunError, WorldError
from babelmill.transforms.secrets import redacted

__all__ = ["Record"]

_ERROR_CHARS, _COMMAND_CHARS = 500, 2_000
_MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024
"""Unit of `ru_maxrss` (`man 2 getrusage`)."""


class Record:
    """Note a run in the log of its output.

        with Record(plan, tracker, workers=2) as record:
            prepare(plan)
            record.begin()
            execute(plan, 2)

    A run that ends before `begin` leaves nothing: it has changed nothing. A log that cannot be written is no failure.

    Args:
        plan: what is run; the output's lock is held.
        tracker: what is known of it.
        runner: `local`, or the name of Beam's.
        workers: local processes.
        command: the command line.
    """

    def __init__(self, plan: Plan, tracker: Tracker, runner: str, workers: int, command: str = "") -> None:
        self._plan, self._tracker = plan, tracker
        self._began, self._cpu = time.monotonic(), _cpu()
        self._entry = Entry(
            started=_now(),
            command=redacted(command)[:_COMMAND_CHARS],
            host=socket.gethostname(),
            system=platform.platform(terse=True),
            processors=os.cpu_count() or 0,
            runner=runner,
            workers=workers,
            versions={"babelmill": plan.identity.version, "code": code_version(), **environment()},
            items=len(plan.items),
        )
        self._earlier: list[Entry] | None = None

    def begin(self) -> None:
        """Write down that the run has begun: the output is ours from here on."""
        self._earlier = []
        with contextlib.suppress(WorldError):
            self._earlier = read_log(self._plan.config.output)
        self._write(self._entry)

    def __enter__(self) -> "Record":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._earlier is None:
            return
        tracker = self._tracker
        how: Ending = "finished" if error is None else "interrupted" if _is_interrupt(error) else "failed"
        self._write(
            replace(
                self._entry,
                ended=_now(),
                how=how,
                error=_told(error) if error is not None and how == "failed" else "",
                seconds=round(time.monotonic() - self._began, 3),
                screened=sum(not reused for reused in tracker.items.values()),
                reused=sum(tracker.items.values()),
                shards=sum(not reused for reused in tracker.shards.values()),
                shards_reused=sum(tracker.shards.values()),
                records=tracker.read["docs"],
                text_bytes=tracker.read["bytes"],
                cpu_s={who: round(now - self._cpu[who], 3) for who, now in _cpu().items()},
                stage_cpu_s={stage: round(cpu, 3) for stage, cpu in sorted(tracker.cpu.items())},
                peak_bytes=_peak(tracker),
            )
        )

    def _write(self, entry: Entry) -> None:
        with contextlib.suppress(WorldError):
            write_log(self._plan.config.output, self._earlier or [], entry)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _is_interrupt(error: BaseException) -> bool:
    return isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit)


def _told(error: BaseException) -> str:
    """Return what a failure is called, and its message where all of it is ours: any other may quote a document."""
    name = type(error).__name__
    ours = isinstance(error, BabelmillError) and type(error) is not RunError
    return f"{name}: {redacted(str(error))}"[:_ERROR_CHARS] if ours else name


def _cpu() -> dict[str, float]:
    """Return the CPU seconds that this process and those that it has ended have taken."""
    found = {"launcher": resource.RUSAGE_SELF, "workers": resource.RUSAGE_CHILDREN}
    usage = {who: resource.getrusage(of) for who, of in found.items()}
    return {who: one.ru_utime + one.ru_stime for who, one in usage.items()}


def _peak(tracker: Tracker) -> dict[str, int]:
    found = {"launcher": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_BYTES}
    workers = [peak for process, peak in tracker.peaks.items() if process != os.getpid()]
    return {**found, "worker": max(workers), "workers": sum(workers)} if workers else found
