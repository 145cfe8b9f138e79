"""Other runs among the input: a wide glob finds the work files, indexes and dropped documents of runs on the same disk.

`**/*.jsonl` matches `other/work/items.jsonl`, and `**/*.parquet` a run's staged files, its index, and its audit:
documents that a rule dropped, or the same ones as its shards again. Those are passed over, and that is said. A run's
shards are documents, and so is whatever a glob names that begins in the run's folder itself.
"""

import os
import posixpath
from collections.abc import Iterator

from babelmill.pipeline.corpus.generated import GENERATED, is_made_again
from babelmill.transforms.files.places import Folder, normal
from babelmill.transforms.files.storage import is_local, join
from babelmill.transforms.write.manifest_file import MANIFEST, TABLES
from babelmill.transforms.write.owned import Owned, read_owned

__all__ = ["FOLDERS", "OtherRuns", "RunsAbove", "fixed_folder"]


FOLDERS = ("data", "index", "audit", "work")
"""Folders of a run."""
_OF_A_RUN = frozenset((*FOLDERS, *(f"{name}.parquet" for name in TABLES), MANIFEST, *GENERATED))


def fixed_folder(glob: str) -> str:
    """Return the folder that a glob searches: what is before its first wildcard."""
    fixed = glob
    for wildcard in "*?[":
        fixed = fixed.partition(wildcard)[0]
    return fixed if fixed == glob else fixed.rpartition("/")[0] or "."


def _above(path: str) -> str:
    """Return the folder above a path; the path itself where there is none."""
    if is_local(path):
        return os.path.dirname(path)
    scheme, _, rest = path.partition("://")
    above = posixpath.dirname(rest)
    return f"{scheme}://{above}" if above else path


class RunsAbove:
    """Finds the runs that a path is in one of the folders of; asked again and again it looks at each folder once."""

    def __init__(self) -> None:
        self._owned: dict[str, Owned | None] = {}

    def __call__(self, path: str) -> Iterator[tuple[str, str, Owned]]:
        """Yield each run's folder, the path below it with `/` between, and what of it is the run's.

        Args:
            path: of a file or folder, which need not exist; of a local one links are followed.

        Raises:
            WorldError: if a folder cannot be looked at.
        """
        path = os.path.realpath(path) if is_local(path) else normal(path)
        folder = path
        while (above := _above(folder)) != folder:
            folder = above
            inside = path.removeprefix(join(folder, "")).replace(os.sep, "/")
            if inside.partition("/")[0] not in _OF_A_RUN:
                continue
            if folder not in self._owned:
                self._owned[folder] = read_owned(folder)
            if owned := self._owned[folder]:
                yield folder, inside, owned


class OtherRuns:
    """Tells the files that other runs keep for themselves from documents.

    `passed`: a run's folder → how many of its files were passed over.
    """

    def __init__(self) -> None:
        self.passed: dict[str, int] = {}
        self._runs_above = RunsAbove()

    def keeps(self, glob: str, path: str) -> bool:
        """Say whether a file that a glob found is another run's own, and count it."""
        for folder, inside, owned in self._runs_above(path):
            kept = not inside.startswith("data/") and (owned.has(inside) or is_made_again(folder, inside))
            if kept and not Folder(folder).holds(fixed_folder(glob)):
                self.passed[folder] = self.passed.get(folder, 0) + 1
                return True
        return False

    def told(self) -> list[str]:
        """Say what was passed over, a sentence a run."""
        return [
            f"{folder} is a run: {'one file' if count == 1 else f'{count:,} files'} of it, no shards, "
            f"{'is' if count == 1 else 'are'} not read; a glob that begins in that folder reads them"
            for folder, count in sorted(self.passed.items())
        ]
