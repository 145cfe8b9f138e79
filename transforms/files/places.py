"""Places: whether two paths lead to the same file or folder, by what they are and not by how they are spelled.

below("out/../data/x.jsonl", "data")                    True
below("/data/link-to-out/x", "/data/out")               True
below("HDFS://node:8020//out/x", "hdfs://node:8020/out")  True
"""

import os
import posixpath

from babelmill.transforms.files.storage import is_local

__all__ = ["Folder", "below", "identity", "is_folder", "is_same", "normal"]

_HAS_FOLDERS = ("hdfs", "file")
"""Schemes whose paths are of folders, so that `//` and `..` mean there what they mean locally; in an object store they
are letters of a name."""


def normal(address: str) -> str:
    """Return an address as all its spellings have it: scheme and host in small letters, no `/` at the end.

    Of a local path, the absolute one; links are not followed.

    >>> normal("GS://Bucket/a//b/"), normal("hdfs://node//a/../b")
    ('gs://bucket/a//b', 'hdfs://node/b')
    """
    if is_local(address):
        return os.path.abspath(address)
    scheme, _, rest = address.partition("://")
    host, _, path = rest.partition("/")
    scheme = scheme.lower()
    if scheme in _HAS_FOLDERS:
        path = posixpath.normpath("/" + path).lstrip("/")
    return f"{scheme}://{host.lower()}/{path}".rstrip("/")


class Folder:
    """A folder that paths may lead into; it need not exist. Asked again and again it looks at each parent once.

    Locally links are followed, and folders are compared by device and inode, so that a bind mount or another spelling
    of a name is seen through. A path and a folder of which one is local and the other is not are never the same.
    """

    def __init__(self, path: str) -> None:
        self._local = is_local(path)
        self._path = os.path.realpath(path) if self._local else normal(path)
        self._identity = identity(self._path) if self._local else None
        self._parents: dict[str, str] = {}
        self._inside: dict[str, bool] = {}

    def holds(self, path: str) -> bool:
        """Say whether a path is the folder itself, or is inside it."""
        if is_local(path) != self._local:
            return False
        if not self._local:
            return f"{normal(path)}/".startswith(f"{self._path}/")
        parent, name = os.path.split(path.rstrip(os.sep) or os.sep)
        if os.path.islink(path) or name in ("", os.curdir, os.pardir):
            parent, name = os.path.split(os.path.realpath(path))
        if parent not in self._parents:
            self._parents[parent] = os.path.realpath(parent or os.curdir)
        return self._is_inside(self._parents[parent]) or self._is(os.path.join(self._parents[parent], name))

    def _is_inside(self, place: str) -> bool:
        """Say whether a real path is the folder, or has it above itself."""
        if place not in self._inside:
            above = os.path.dirname(place)
            self._inside[place] = self._is(place) or (above != place and self._is_inside(above))
        return self._inside[place]

    def _is(self, place: str) -> bool:
        return place == self._path or (self._identity is not None and identity(place) == self._identity)


def identity(path: str) -> tuple[int, int] | None:
    """Return device and inode of what a path leads to; None of what is not there, or not on this machine."""
    if not is_local(path):
        return None
    try:
        found = os.stat(path)
        return found.st_dev, found.st_ino
    except OSError:
        return None


def is_folder(path: str) -> bool:
    """Say whether a path on this machine leads to a folder; there are none in a store."""
    return is_local(path) and os.path.isdir(path)


def is_same(path: str, other: str) -> bool:
    """Say whether two paths lead to the same folder or file, whether it is there or not.

    >>> is_same("a/../b/", "./b"), is_same("GS://bucket/a/", "gs://bucket/a"), is_same("a", "a/b")
    (True, True, False)
    """
    return below(path, other) and below(other, path)


def below(path: str, folder: str) -> bool:
    """Say whether a path is a folder itself, or is inside it: see `Folder`."""
    return Folder(folder).holds(path)
