"""Files that tools leave beside data and that are no data: hidden, temporary and marker files.

>>> is_marker("out/_SUCCESS", "out/*"), is_marker("out/_temporary/0/a.jsonl", "out/**"), is_marker("out/a", "out/*")
(True, True, False)
>>> is_marker("out/_SUCCESS", "out/_*"), is_marker("_in/a.jsonl", "_in/*")
(False, False)
"""

__all__ = ["is_marker"]

_HIDDEN = (".", "_")
"""What Hadoop and Spark take for hidden: _SUCCESS, _temporary, _delta_log, .part-0.crc."""
_ENDINGS = (".crc", ".tmp", ".temp", ".swp", ".crdownload", "~")
_NAMES = frozenset({"thumbs.db", "desktop.ini"})
_MAGIC = frozenset("*?[")


def is_marker(path: str, glob: str) -> bool:
    """Say whether a file that a glob found is no data by its name; what a glob writes out itself is wanted.

    Args:
        path: of the file, as the glob spells its folders.
        glob: that found it.
    """
    parts = glob.split("/")
    fixed = next((number for number, part in enumerate(parts) if _MAGIC & set(part)), len(parts))
    found = path.split("/")[fixed:]
    if not found:
        return False
    patterns = parts[fixed:]
    wanted = tuple(mark for mark in _HIDDEN if any(part.startswith(mark) for part in patterns))
    if any(name.startswith(_HIDDEN) and not name.startswith(wanted or "\0") for name in found):
        return True
    name = found[-1].lower()
    return name in _NAMES or any(name.endswith(end) and not patterns[-1].lower().endswith(end) for end in _ENDINGS)
