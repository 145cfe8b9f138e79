"""Progress: how far a local run is, from the sidecars that finished work leaves behind. Beam tells only at the end."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from babelmill.pipeline.formatting.quantities import quantity, share
from babelmill.pipeline.job.plan import Plan
from babelmill.transforms.files.storage import is_local
from babelmill.transforms.ledger import KEPT, Counts, Tally
from babelmill.transforms.write.sidecars import ItemSidecar, ShardSidecar

__all__ = ["Watch"]

_LOAD: dict[str, Callable[[bytes], ItemSidecar | ShardSidecar]] = {
    "items": ItemSidecar.load,
    "shards": ShardSidecar.load,
}
"""Folder of the work folder → what reads a sidecar in it."""
_EVERY_S = 0.5
_LINE_EVERY_S = 15.0


class Watch:
    """Show documents, MB/s, kept share and the time left while a run goes on.

        with Watch(plan, console):
            execute(plan)

    On a terminal a bar; elsewhere a line every 15 s. Only local work folders are watched.
    """

    def __init__(self, plan: Plan, console: Console) -> None:
        self._plan, self._console = plan, console
        self._started = time.time()
        self._seen: dict[str, float] = {}
        self._screened, self._written = Tally(), Tally()
        self._items, self._last_item = 0, self._started
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[detail]}"),
            TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip

    def __enter__(self) -> "Watch":
        if is_local(self._plan.config.output):
            self._bar.start()
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
            self._bar.stop()

    def _new_sidecars(self, folder: str) -> list[Tally]:
        """Return the ledgers of the sidecars written since the run began, each once."""
        path = os.path.join(self._plan.work.base, folder)
        if not os.path.isdir(path):
            return []
        with os.scandir(path) as entries:
            paths = [entry.path for entry in entries if entry.name.endswith(".json") and entry.name not in self._seen]
        load = _LOAD[folder]
        return [tally for path in paths if (tally := self._tally(load, path))]

    def _tally(self, load: Callable[[bytes], ItemSidecar | ShardSidecar], path: str) -> Tally | None:
        """Return the ledger of a sidecar of this run; None for an older one, a damaged one, or one just removed."""
        try:
            changed = os.stat(path).st_mtime
            if changed < self._started:
                return None
            rows = load(Path(path).read_bytes()).ledger
        except (FileNotFoundError, ValueError):
            return None
        self._seen[os.path.basename(path)] = changed
        return Tally(rows)

    def _follow(self) -> None:
        screen = self._bar.add_task("screen", total=len(self._plan.items), detail="")
        shards = self._bar.add_task("shards", total=None, detail="", visible=False)
        last_line = time.time()
        while True:
            ended = self._stop.wait(_EVERY_S)
            for tally in self._new_sidecars("items"):
                self._items, self._last_item = self._items + 1, time.time()
                self._screened = Tally([*self._screened.rows(), *tally.rows()])
            for tally in self._new_sidecars("shards"):
                self._written = Tally([*self._written.rows(), *tally.rows()])
            self._bar.update(screen, completed=self._items, detail=self._screen_line())
            if self._items == len(self._plan.items):
                total = self._screened.total(stage="quality", outcome=KEPT).bytes
                done = self._written.total(stage="write")
                self._bar.update(shards, visible=True, total=total, completed=done.bytes, detail=self._shard_line(done))
            if ended:
                return
            if not self._console.is_terminal and time.time() - last_line >= _LINE_EVERY_S:
                last_line = time.time()
                written = self._shard_line(self._written.total(stage="write"))
                self._console.print(f"  {self._screen_line()}; {written}{self._left()}", soft_wrap=True)

    def _screen_line(self) -> str:
        read = self._screened.total(stage="read")
        kept = self._screened.total(stage="quality", outcome=KEPT)
        speed = read.bytes / max(1e-9, self._last_item - self._started)
        part = f", {share(kept.docs, read.docs, 0)} kept" if read.docs else ""
        items = f"{self._items}/{len(self._plan.items)} items"
        return f"{items}, {quantity(read.docs)} documents, {quantity(speed, 'B/s')}{part}"

    @staticmethod
    def _shard_line(done: Counts) -> str:
        return f"{quantity(done.docs)} documents written, {quantity(done.tokens)} tokens"

    def _left(self) -> str:
        """Return the time left of the phase that the run is in, from its share so far: rough."""
        passed = time.time() - self._started
        if self._items < len(self._plan.items):
            done = self._items / len(self._plan.items)
            return f"; about {passed / done - passed:.0f} s left of the screen" if done else ""
        total = self._screened.total(stage="quality", outcome=KEPT).bytes
        written = self._written.total(stage="write").bytes
        return f"; {share(written, total, 0)} of the kept text written" if written else ""
