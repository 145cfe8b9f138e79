"""Globs on this machine: as the library's `glob`, but no ring of links holds a run up."""

import fnmatch
import glob
import os
from collections.abc import Iterator

__all__ = ["fits", "matches"]


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


def fits(path: str, pattern: str) -> bool:
    """Say whether a glob names a path, by their spelling alone: nothing is asked of a disk or a store.

    >>> fits("in/a/b.jsonl", "in/**/*.jsonl"), fits("in/b.jsonl", "in/**"), fits("in/../b.jsonl", "in/**/*")
    (True, True, False)
    """
    if path == pattern:
        return True
    names, parts = path.split("/"), pattern.split("/")
    parts += ["*"] if parts[-1] == "**" else []
    # How many names the parts so far may take.
    ends = {0}
    for part in parts:
        if part == "**":
            for start in sorted(ends):
                while start < len(names) and names[start] and not names[start].startswith("."):
                    ends.add(start := start + 1)
        else:
            ends = {end + 1 for end in ends if end < len(names) and _is_named(names[end], part)}
    return len(names) in ends


def _is_named(name: str, part: str) -> bool:
    """Say whether a part of a glob names a file or folder; one that begins with a dot only by a dot."""
    if name == part:
        return True
    return bool(name) and name.startswith(".") == part.startswith(".") and fnmatch.fnmatchcase(name, part)
