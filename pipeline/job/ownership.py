"""Ownership of the output folder: what is checked before a run touches it, and noted before a run writes to it.

An output that exists must be a run's, or the user must say that the run may share it (`--into-existing`). Either way
only our own files are ever removed or overwritten: `transforms/write/owned.py` says which those are.
"""

import os
from collections.abc import Iterator, Sequence

from babelmill.pipeline.corpus.generated import is_generated, is_made_again
from babelmill.pipeline.corpus.lock import is_lock
from babelmill.pipeline.job.other_runs import FOLDERS, RunsAbove
from babelmill.pipeline.job.plan import Plan
from babelmill.pipeline.job.slots import find_slots
from babelmill.transforms.errors import ConfigError, WorldError
from babelmill.transforms.files.storage import find_below, is_local, join, look, read_bytes
from babelmill.transforms.read.items import TEXT_RATIO
from babelmill.transforms.text.visible import visible
from babelmill.transforms.write.audit_list import AUDIT_LIST
from babelmill.transforms.write.manifest_file import MANIFEST, REPORT, TABLES
from babelmill.transforms.write.owned import NOBODY, WORK, Owned, below_output, note_owned, read_owned
from babelmill.transforms.write.sharding import shard_count

__all__ = ["check_output", "claim", "foreign_files", "left_alone"]

_MOST_NAMED = 5


def check_output(plan: Plan, into_existing: bool = False) -> None:
    """Refuse an output in which a run would meet files that are not Babelmill's; changes nothing.

    Args:
        plan: what is to run.
        into_existing: share a folder that others use, as long as no file of theirs has a name that the run needs.

    Raises:
        ConfigError: naming the first such files.
    """
    output = plan.config.output
    try:
        _check_place(output)
        _check_links(output)
        for folder, inside, _ in RunsAbove()(output):
            raise ConfigError(
                "output",
                f"{output} is in {inside.partition('/')[0]}/ of the run in {folder}: whoever reads that folder would "
                "read this run's files too; choose another place",
            )
        owned = read_owned(output)
        if owned is None and not into_existing:
            found = list(foreign_files(output, NOBODY))
            if found:
                raise ConfigError(
                    "output",
                    f"{output} has files and is not a Babelmill run: {_listed(found)}; choose another folder, or "
                    "share this one: --into-existing",
                )
        blocking = _in_the_way(plan, owned)
    except WorldError as error:
        raise ConfigError("output", str(error)) from error
    if blocking:
        raise ConfigError(
            "output",
            f"the run needs these names in {output}, and the files there are not Babelmill's: {_listed(blocking)}; "
            "move them, or choose another folder",
        )


def _check_place(output: str) -> None:
    """Refuse a local output that no folder can be made for; looks, and makes nothing."""
    if not is_local(output):
        return
    place = os.path.abspath(output)
    while not os.path.lexists(place):
        place = os.path.dirname(place)
    if not os.path.isdir(place):
        raise ConfigError("output", f"cannot write to {output}: {place} is no folder")
    if not os.access(place, os.W_OK | os.X_OK):
        raise ConfigError("output", f"cannot write to {output}: no permission to write to {place}")


def _check_links(output: str) -> None:
    """Refuse folders of the output that are links: a run neither writes nor removes through one.

    The output itself may be a link.
    """
    if not is_local(output):
        return
    # Below audit/ there are no folders.
    places = [*FOLDERS, *(path for folder in ("data", "index", "work") for path in _inner(output, folder))]
    for path in places:
        if os.path.islink(os.path.join(output, path)):
            raise ConfigError(
                "output", f"{join(output, path)} is a link: a run writes and removes nothing through links; put the "
                "folder itself there, or make the output a link",
            )  # fmt: skip


def _inner(output: str, folder: str) -> list[str]:
    """Return the paths below the output of what is in one of its folders, where that is one."""
    place = os.path.join(output, folder)
    return [f"{folder}/{name}" for name in sorted(os.listdir(place))] if _is_real_folder(place) else []


def _is_real_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def _claims(plan: Plan, slots: Sequence[int], owned: Owned) -> Owned:
    """Return what is ours once the run may have written anything but its shards."""
    tables = [f"{name}.parquet" for name in TABLES if name != "superseded" or plan.old_files]
    count = 1 + max(slots, default=-1)
    # Also without an audit: what an item's audit part would be called is removed before the item is screened.
    return owned.with_more([*tables, MANIFEST, AUDIT_LIST], items=count, audits=count)


def claim(plan: Plan, slots: Sequence[int]) -> Owned:
    """Note which files of the output are ours, those that the run is about to write among them; return what was before.

    The output's lock is held, and `check_output` has found nothing in the way.

    Args:
        plan: what is to run.
        slots: of `find_slots`.

    Raises:
        WorldError: if the note cannot be read or written.
    """
    owned = read_owned(plan.config.output) or NOBODY
    note_owned(plan.config.output, _claims(plan, slots, owned))
    return owned


def _in_the_way(plan: Plan, owned: Owned | None) -> list[str]:
    """Return the paths below the output that the run will write to and that are not ours."""
    output, before = plan.config.output, owned or NOBODY
    text_bytes = sum(plan.files.values()) * TEXT_RATIO
    most = shard_count(text_bytes, plan.config.shards.target_bytes)
    after = _claims(plan, find_slots(plan), before).with_more(planned=dict.fromkeys(plan.config.wanted, most))
    found = [name for name in sorted(after.files - before.files) if _is_there(output, name)]
    found += [name for name in (REPORT,) if _is_there(output, name) and not is_generated(join(output, name))]
    found += [name for name in FOLDERS if _is_there(output, name) and not _may_be_folder(join(output, name))]
    places = ("data/lang=*/*", "index/lang=*/*", "audit/*", *WORK)
    found += [path for path in below_output(output, places) if after.has(path) and not before.has(path)]
    if owned is None:
        # Without a note of ours in it a work folder is somebody else's, but for the lock of a run that had just begun.
        names = [path for path in below_output(output, ("work/*",)) if before.has(path)]
        found += [path for path in names if not (path == "work/lock" and is_lock(read_bytes(join(output, path))))]
    return sorted(set(found))


def _is_there(output: str, name: str) -> bool:
    path = join(output, name)
    return os.path.lexists(path) if is_local(output) else look(path) is not None


def _may_be_folder(path: str) -> bool:
    return not is_local(path) or os.path.isdir(path)


def foreign_files(output: str, owned: Owned) -> Iterator[str]:
    """Yield the paths below an output of what is not ours, by name; links are not followed.

    Args:
        output: the folder.
        owned: what of it is ours.
    """
    for path in _every_file(output):
        if not (owned.has(path) or is_made_again(output, path)):
            yield path


def _every_file(output: str) -> Iterator[str]:
    if not is_local(output):
        base = join(output, "")
        yield from (file.path.removeprefix(base) for file in find_below(output, "**"))
        return
    for above, folders, names in os.walk(output):
        links = [name for name in folders if os.path.islink(os.path.join(above, name))]
        folders[:] = sorted(set(folders) - set(links))
        for name in sorted((*names, *links)):
            yield os.path.relpath(os.path.join(above, name), output).replace(os.sep, "/")


def left_alone(output: str) -> str:
    """Say which files of an output are not ours and stay as they are; nothing where there is none."""
    found = list(foreign_files(output, read_owned(output) or NOBODY))
    if not found:
        return ""
    hive = [path for path in found if path.startswith(("data/lang=", "index/lang=")) and path.endswith(".parquet")]
    more = f"; whoever reads the folder data/ reads {visible(hive[0])} too" if hive else ""
    return f"not Babelmill's, and left as they are: {_listed(found)}{more}"


def _listed(paths: list[str]) -> str:
    more = len(paths) - _MOST_NAMED
    return ", ".join(map(visible, paths[:_MOST_NAMED])) + (f" and {more:,} more" if more > 0 else "")
