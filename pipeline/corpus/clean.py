"""Clean: what of a run's folder is ours and no part of the run any more.

everywhere   what writers that were killed left behind of our own files
work/        of a finished run all but the list of items, the list of what is ours, what the run took, and the log of
             runs, which `why`, `plan --from`, `inspect --log` and the next run read

Only what Babelmill wrote is ever removed (transforms/write/owned.py), and nothing that the manifest lists; all else in
the folder is somebody else's. Links are not followed, so no path leaves the folder.
"""

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from babelmill.pipeline.corpus.corpus import open_sound, refuse_secret
from babelmill.pipeline.corpus.verify import check_account
from babelmill.pipeline.corpus.verify_audit import audit_sizes
from babelmill.transforms.errors import ConfigError, DamageError
from babelmill.transforms.files.removal import remove_below
from babelmill.transforms.files.storage import exists, find_below, is_local, join
from babelmill.transforms.files.temporaries import named_finally
from babelmill.transforms.work import WorkFolder
from babelmill.transforms.write.manifest_file import MANIFEST
from babelmill.transforms.write.owned import NOBODY, listed_by, read_owned

__all__ = ["Rubbish", "check_run", "clean", "rubbish_of"]

_KEPT_WORK = ("items.jsonl", "slots", "costs.json", "run.json", "run.log", "owned.json", "lock")


class Rubbish(NamedTuple):
    """A file to be removed: its path below the run's folder with `/` between, its bytes, and what it is.

    `kind` is `temporary` or `work`.
    """

    path: str
    size: int
    kind: str


def check_run(folder: str) -> None:
    """Refuse what is no run, before anything is written into it.

    Raises:
        ConfigError: if the folder has neither a manifest nor a list of work items, or its path carries a secret.
    """
    refuse_secret(folder)
    if not exists(join(folder, MANIFEST)) and not exists(WorkFolder(folder).items):
        raise ConfigError("RUN", f"{folder} is not a Babelmill run: it has no {MANIFEST}")


def rubbish_of(folder: str) -> list[Rubbish]:
    """Return what can be removed from a run's folder, sorted; of an unfinished run temporaries alone.

    Args:
        folder: a run's output folder, whose lock is held.

    Raises:
        ConfigError: if manifest or ledger are damaged, forged or of a newer version.
        DamageError: if what the manifest lists is not there whole.
    """
    owned = read_owned(folder) or NOBODY
    found = [(path, size) for path, size in _files(folder) if owned.has(path)]
    temporary = [Rubbish(path, size, "temporary") for path, size in found if named_finally(path)]
    if not exists(join(folder, MANIFEST)):
        return sorted(temporary)
    output = open_sound(folder)
    check_account(output)
    # Without its work files a run is made again from the beginning: so nothing is removed beside a damaged one.
    for problem in audit_sizes(output):
        raise DamageError(f"{folder} is damaged: {problem}; nothing was removed")
    for path in sorted(listed_by(output.manifest)):
        if not exists(join(folder, path)):
            raise DamageError(f"{join(folder, path)} is missing; nothing was removed")
    work = [Rubbish(path, size, "work") for path, size in found if _is_done(path) and not named_finally(path)]
    return sorted(temporary + work)


def clean(folder: str, rubbish: Iterable[Rubbish]) -> None:
    """Remove files, and the folders that are empty then.

    Raises:
        WorldError: if a file cannot be removed.
    """
    rubbish = list(rubbish)
    remove_below(folder, [file.path for file in rubbish])
    if is_local(folder):
        parents = {os.path.dirname(file.path) for file in rubbish} - {"", "work"}
        for parent in sorted(parents, key=len, reverse=True):
            path = join(folder, *parent.split("/"))
            if not os.listdir(path):
                os.rmdir(path)


def _files(folder: str) -> Iterator[tuple[str, int]]:
    """Yield path below the folder and size of every file in it; nothing behind a link."""
    if not is_local(folder):
        for file in find_below(folder, "**"):
            yield file.path.removeprefix(folder.rstrip("/")).lstrip("/"), file.size
        return
    for above, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not os.path.islink(os.path.join(above, name))]
        for name in names:
            path = os.path.join(above, name)
            yield os.path.relpath(path, folder).replace(os.sep, "/"), os.lstat(path).st_size


def _is_done(path: str) -> bool:
    """Say whether a file of ours is only of use until its run is finished."""
    top, _, rest = path.partition("/")
    return top == "work" and rest not in _KEPT_WORK
