"""Clean: what lies in a run's folder and is no part of the run.

data/ index/   files that the manifest does not list
audit/         parts of items that the run does not have, or all of them where it has no audit
anywhere       what writers that were killed left behind, by its name
work/          of a finished run all but the list of items and what the run took, which `why` and `plan --from` read

Nothing that the manifest lists is ever in question, nor anything elsewhere in the folder: people keep files there.
Links are not followed, so no path leaves the folder.
"""

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import orjson

from pipeline.output import Output, open_sound, refuse_secret
from pipeline.verify import check_account
from transforms.errors import ConfigError, DamageError, WorldError
from transforms.storage import TEMPORARY, exists, find_below, is_local, join, read_bytes, remove
from transforms.work import WorkFolder
from transforms.write.manifest_file import MANIFEST

__all__ = ["Rubbish", "check_run", "clean", "rubbish_of"]

_TEMPORARY = re.compile(re.escape(TEMPORARY) + r"\d+-\d+\Z")
_AUDIT_PART = re.compile(r"part-(\d{7})\.parquet\Z")


class Rubbish(NamedTuple):
    """A file to be removed: its path below the run's folder with `/` between, its bytes, and what it is.

    `kind` is `orphan`, `temporary` or `work`.
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
        raise ConfigError("RUN", f"{folder} is no run: it has no {MANIFEST}")


def rubbish_of(folder: str) -> list[Rubbish]:
    """Return what can be removed from a run's folder, sorted; of an unfinished run temporaries alone.

    Args:
        folder: a run's output folder, whose lock is held.

    Raises:
        ConfigError: if manifest or ledger are damaged, forged or of a newer version.
        DamageError: if what the manifest lists is not there whole.
    """
    found = list(_files(folder))
    temporary = [Rubbish(path, size, "temporary") for path, size in found if _TEMPORARY.search(path)]
    if not exists(join(folder, MANIFEST)):
        return sorted(temporary)
    output = open_sound(folder)
    listed = _listed(output)
    check_account(output)
    # Without its work files a run is made again from the beginning: so nothing is removed beside a damaged one.
    for path in sorted(listed):
        if not exists(join(folder, path)):
            raise DamageError(f"{join(folder, path)} is missing; nothing was removed")
    items = _items(output)
    rubbish = {file.path: file for file in temporary}
    for path, size in found:
        kind = _kind(path, listed, items)
        if kind and path not in rubbish:
            rubbish[path] = Rubbish(path, size, kind)
    return sorted(file for path, file in rubbish.items() if path not in listed)


def clean(folder: str, rubbish: Iterable[Rubbish]) -> None:
    """Remove files, and the folders that are empty then.

    Raises:
        WorldError: if a file cannot be removed.
    """
    rubbish = list(rubbish)
    remove(join(folder, *file.path.split("/")) for file in rubbish)
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


def _listed(output: Output) -> set[str]:
    """Return the paths that the manifest lists: all below the folder, as every reader checks."""
    files = [*output.manifest["shards"], *(output.manifest.get("index") or {"files": ()})["files"]]
    paths = {str(file["path"]) for file in files}
    return paths | {f"{name}.parquet" for name in output.manifest["tables"]} | {MANIFEST}


def _items(output: Output) -> int | None:
    """Return how many work items the run had; None if that is not known any more."""
    if not output.manifest["config"].get("audit"):
        return 0
    try:
        return int(orjson.loads(read_bytes(WorkFolder(output.folder).costs))["items"])
    except (WorldError, ValueError, KeyError, TypeError):
        return None


def _kind(path: str, listed: set[str], items: int | None) -> str:
    """Say what of a finished run's rubbish a file is; nothing for one that stays."""
    top, _, rest = path.partition("/")
    if top in ("data", "index"):
        return "" if path in listed else "orphan"
    if top == "audit":
        part = _AUDIT_PART.match(rest)
        return "" if part and (items is None or int(part[1]) < items) else "orphan"
    stays = ("items.jsonl", "costs.json", "run.json", "lock")
    return "work" if top == "work" and rest not in stays else ""
