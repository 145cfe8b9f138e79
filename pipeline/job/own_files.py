"""A run's own files among its input: a glob over a whole disk finds the output too, and other runs' work files."""

import os

from babelmill.pipeline.corpus.generated import is_made_again
from babelmill.pipeline.job.other_runs import OtherRuns, fixed_folder
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.files.places import Folder
from babelmill.transforms.files.storage import is_local
from babelmill.transforms.write.owned import NOBODY, Owned, read_owned

__all__ = ["OwnFiles"]


class OwnFiles:
    """Tells a run's own files, and those that other runs keep for themselves, from its input.

    Called with a glob, its key, and a file that it found; says whether to pass over it. `others` counts what was.
    """

    def __init__(self, output: str) -> None:
        self._output, self._folder = output, Folder(output)
        self._owned: Owned | None = None
        self.others = OtherRuns()

    def check_glob(self, key: str, glob: str) -> None:
        """Refuse a glob that leads into the output and nowhere else.

        Raises:
            ConfigError: with the key.
        """
        if self._folder.holds(fixed_folder(glob)):
            raise ConfigError(key, f"{glob} is below the output, {self._output}: a run cannot read what it replaces")

    def __call__(self, key: str, glob: str, path: str) -> bool:
        """Say whether a file is the output's own, or one that another run keeps for itself.

        Raises:
            ConfigError: if it is below the output and not ours.
        """
        if not self._folder.holds(path):
            return self.others.keeps(glob, path)
        if self._owned is None:
            self._owned = read_owned(self._output) or NOBODY
        inside = _inside(path, self._output)
        if self._owned.has(inside) or is_made_again(self._output, inside):
            return True
        raise ConfigError(key, f"{path} is below the output, {self._output}: move it, or choose another output")


def _inside(path: str, output: str) -> str:
    """Return a path below the output with `/` between, however both are spelled."""
    if is_local(path):
        return os.path.relpath(os.path.realpath(path), os.path.realpath(output)).replace(os.sep, "/")
    return path.split("/", 3)[-1].removeprefix(output.rstrip("/").split("/", 3)[-1]).lstrip("/")
