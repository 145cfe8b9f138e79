"""The cache: folders of one user's for what can be made or fetched again, but takes time.

    ~/.cache/babelmill/kernels     compiled code, which is loaded and run
                      /fetched     copies of models and tokenizers from object stores
                      /…           tables that take time to make

Whoever may write there may run code in our name. So a folder is made for its owner alone, and one that is somebody
else's, or that others may write to, is not used. `BABELMILL_CACHE` moves the cache; else it is below XDG_CACHE_HOME,
which counts only if it is an absolute path (XDG Base Directory Specification 0.8), else below the home folder.
"""

import os
import stat
from pathlib import Path

from babelmill.transforms.errors import WorldError

__all__ = ["cache_folder", "cache_root"]

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def cache_root() -> Path:
    """Return the folder that all of the cache is in; it need not exist."""
    if root := os.environ.get("BABELMILL_CACHE"):
        return Path(root).absolute()
    above = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(above) if os.path.isabs(above) else Path.home() / ".cache") / "babelmill"


def cache_folder(name: str) -> Path:
    """Return a folder of the cache, made if it is not there, that nobody but its owner can write to.

    The owner is this user, or root, as in an image that was made for all. What an earlier version left open to a group
    is closed.

    Args:
        name: of the folder below `cache_root()`.

    Raises:
        WorldError: if it is a link or somebody else's, or cannot be made.
    """
    folder = cache_root() / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), 0):
            owner = "a link" if stat.S_ISLNK(found.st_mode) else f"of user {found.st_uid}"
            raise WorldError(f"{folder} is {owner}, not a folder of your own: set BABELMILL_CACHE to one")
        if found.st_mode & _OTHERS_WRITE:
            folder.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS_WRITE)
    except OSError as error:
        told = f"cannot use {folder}: {error.strerror}; set BABELMILL_CACHE to a folder of your own"
        raise WorldError(told) from error
    return folder
