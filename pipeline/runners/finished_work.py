"""Finished work: what sidecars say of a run whose workers cannot be heard, such as those on other machines."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from babelmill.transforms.files.storage import is_local
from babelmill.transforms.work import WorkFolder
from babelmill.transforms.write.sidecars import ItemSidecar, ShardSidecar

__all__ = ["FinishedWork"]

_LOAD: dict[str, Callable[[bytes], ItemSidecar | ShardSidecar]] = {
    "items": ItemSidecar.load,
    "shards": ShardSidecar.load,
}
"""Folder of the work folder → what reads a sidecar in it."""


class FinishedWork:
    """The sidecars that a run has written, each read once. Only local work folders are looked at.

    Args:
        work: the run's work folder.
        since: when the run began, in seconds since 1970.
    """

    def __init__(self, work: WorkFolder, since: float) -> None:
        self._work, self._since = work, since
        self._seen: dict[str, set[str]] = {folder: set() for folder in _LOAD}

    def news(self) -> Iterator[Mapping[str, Any]]:
        """Yield what the sidecars say that are new since the last time, as heartbeats of their end."""
        for folder, seen in self._seen.items():
            path = os.path.join(self._work.base, folder)
            if not is_local(path) or not os.path.isdir(path):
                continue
            with os.scandir(path) as entries:
                new = [entry.path for entry in entries if entry.name.endswith(".json") and entry.name not in seen]
            for one in new:
                if told := self._told(folder, one):
                    seen.add(os.path.basename(one))
                    yield told

    def _told(self, folder: str, path: str) -> Mapping[str, Any] | None:
        """Return what a sidecar of this run says; None for an older one, a damaged one, or one just removed."""
        try:
            if os.stat(path).st_mtime < self._since:
                return None
            found = _LOAD[folder](Path(path).read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        if isinstance(found, ItemSidecar):
            made = self._work.staged(found.item)
            return {"of": "item", "key": found.item, "ended": True, "reused": self._is_older(made), **found.told}
        made = os.path.join(self._work.output, found.shard.path)
        return {"of": "shard", "key": found.shard.path, "ended": True, "reused": self._is_older(made), **found.told}

    def _is_older(self, path: str) -> bool:
        """Say whether a file was made before the run: a sidecar that is reused is written again, its files are not."""
        try:
            return os.stat(path).st_mtime < self._since
        except FileNotFoundError:
            return False
