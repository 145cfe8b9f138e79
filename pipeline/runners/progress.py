"""Progress: listens to a run's workers, and shows how far it is. Beam tells only at the end."""

import contextlib
import os
import select
import threading
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType

import orjson
from rich.console import Console

from babelmill.pipeline.formatting.bars import Bars
from babelmill.pipeline.job.plan import Plan
from babelmill.pipeline.runners.finished_work import FinishedWork
from babelmill.pipeline.runners.tracker import Tracker
from babelmill.transforms import heartbeat

__all__ = ["Watch"]

_EVERY_S = 1.0
_FIRST_LINE_S, _LAST_LINE_S = 15.0, 600.0
_LINES_A_RUN = 20
"""Lines in a run of whatever length, about, once they are no longer 15 s apart."""
_LOOKING_SHARE = 0.02
"""Of the time that looking for sidecars may take."""


class Watch:
    """Listen to a run, and show how far it is while it goes on.

        with Watch(plan, console) as watch:
            execute(plan)
        watch.tracker

    On a terminal bars; elsewhere a line every 15 s, and less often in a long run. Workers of this machine are heard
    through a pipe; for others the work folder is looked at, if it is local.

    Args:
        plan: what is run.
        console: where to; None shows nothing.
        by_sidecars: whether the workers are none of this command's.
    """

    def __init__(self, plan: Plan, console: Console | None, by_sidecars: bool = False) -> None:
        self.tracker = Tracker(plan, time.monotonic())
        """What is known of the run: to be asked when the block has ended."""
        self._console = console
        bars = Bars(console) if console else None
        self._bars = bars if bars and bars.are_seen else None
        self._lines = bool(console) and self._bars is None
        self._finished = FinishedWork(plan.work, time.time()) if by_sidecars else None
        self._next_look = 0.0
        self._next_line = self._began = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="progress", daemon=True)
        self._rest = b""

    def __enter__(self) -> "Watch":
        self._next_line += _FIRST_LINE_S
        self._reads, self._writes = os.pipe()
        os.set_blocking(self._reads, False)
        os.set_blocking(self._writes, False)
        heartbeat.connect(self._writes)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        heartbeat.connect(None)
        self._stop.set()
        with contextlib.suppress(BlockingIOError):  # a full pipe wakes the thread too
            os.write(self._writes, b"\n")
        self._thread.join()
        os.close(self._writes)
        os.close(self._reads)

    def _follow(self) -> None:
        drawn = float("-inf")
        while not self._stop.is_set():
            self._listen(_EVERY_S)
            now = time.monotonic()
            self._look(now)
            if self._bars and now - drawn >= _EVERY_S:
                drawn = now
                self._draw(partial(Bars.show, bars=self.tracker.bars(now)))
            elif self._lines and now >= self._next_line:
                self._print(now)
        self._listen(0)
        self._look(float("inf"))
        self._draw(Bars.stop)

    def _draw(self, draw: Callable[[Bars], None]) -> None:
        """Draw, as long as there is a terminal: one that has gone away ends nothing but the drawing."""
        try:
            if self._bars:
                draw(self._bars)
        except (OSError, ValueError):
            self._bars = None

    def _listen(self, wait_s: float) -> None:
        """Take what comes through the pipe; wait so long for the first of it."""
        poll = select.poll()
        poll.register(self._reads, select.POLLIN)
        if not poll.poll(1000 * wait_s):
            return
        now = time.monotonic()
        with contextlib.suppress(BlockingIOError):
            while content := os.read(self._reads, 1 << 16):
                *lines, self._rest = (self._rest + content).split(b"\n")
                for line in filter(None, lines):
                    with contextlib.suppress(ValueError):
                        self.tracker.hear(orjson.loads(line), now)

    def _look(self, now: float) -> None:
        """Look for new sidecars, as often as costs little, however many there are."""
        if self._finished and now >= self._next_look:
            began = time.monotonic()
            for told in self._finished.news():
                self.tracker.hear(told, began)
            took = time.monotonic() - began
            self._next_look = began + max(_EVERY_S, took / _LOOKING_SHARE)

    def _print(self, now: float) -> None:
        passed = now - self._began
        self._next_line = now + min(_LAST_LINE_S, max(_FIRST_LINE_S, passed / _LINES_A_RUN))
        if self._console:
            with contextlib.suppress(OSError, ValueError):
                self._console.print(f"  {self.tracker.line(now)}", soft_wrap=True, markup=False)
