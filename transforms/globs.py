"""Globs on this machine: as the library's `glob`, but no ring of links holds a run up."""

import glob
import os
from collections.abc import Iterator

__all__ = ["matches"]


def matches(pattern: str) -> Iterator[str]:
    """Yield the local paths that a glob names; below `**` every folder is entered once.

    glob follows links to folders too, but around a loop it goes until the system stops it, and with two loops for ever.
    """
    parts = pattern.split(os.sep)
    if "**" not in parts:
        yield from glob.iglob(pattern)
        return
    at = parts.index("**")
    rest = os.sep.join(parts[at + 1 :])
    seen: set[tuple[int, int]] = set()
    folders = sorted(glob.iglob(os.sep.join([*parts[:at], ""]))) if at else [""]
    while folders:
        folder = folders.pop(0)
        try:
            here = os.stat(folder or os.curdir)
            inner = sorted(os.scandir(folder or os.curdir), key=lambda entry: (entry.is_symlink(), entry.name))
        except OSError:
            continue
        if (here.st_dev, here.st_ino) in seen:
            continue
        seen.add((here.st_dev, here.st_ino))
        below = [entry.name for entry in inner if os.path.isdir(entry) and not entry.name.startswith(".")]
        folders += [os.path.join(folder, name) for name in below]
        yield from matches(os.path.join(glob.escape(folder), rest or "*"))
