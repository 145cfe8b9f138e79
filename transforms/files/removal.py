"""Removal: the one way in which files of an output are deleted.

Nothing is removed through a link. Names come from a list, never from a pattern, and each of the folders between the
output and the file is opened as what it is: where one is a link, what is behind it is somebody else's, however it is
called. Nor is a file removed that a living process is writing.
"""

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.places import identity
from babelmill.transforms.files.storage import is_local, join, remove
from babelmill.transforms.files.temporaries import writer_of

__all__ = ["remove_below"]

_NOT_OURS = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
"""What opening or unlinking says of a file that is gone, and of a folder that is a file or a link."""


def remove_below(folder: str, paths: Iterable[str]) -> None:
    """Remove files below a folder.

    One that is gone, that is behind a link, or that a process of this machine has not finished is left out.

    Args:
        folder: of any filesystem; the folder itself may be a link.
        paths: below it, with `/` between.

    Raises:
        WorldError: if a file is there and cannot be removed.
    """
    if not is_local(folder):
        remove(join(folder, path) for path in paths)
        return
    for path in paths:
        if not _is_being_written(folder, path):
            _unlink(folder, *path.split("/"))


def _is_being_written(folder: str, path: str) -> bool:
    """Say whether the process that began a temporary file lives and has it open.

    A number alone proves little: after a restart, or in another container, it is some other process's. Of a process
    that does not show what it has open, and where the system has no /proc, being alive is enough. This process has
    none under way where it removes files.
    """
    process = writer_of(path)
    if process is None or process == os.getpid():
        return False
    try:
        os.kill(process, 0)
        open_files = [entry.path for entry in os.scandir(f"/proc/{process}/fd")]
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    file = identity(join(folder, *path.split("/")))
    return file is not None and file in map(identity, open_files)


def _unlink(folder: str, *parts: str) -> None:
    try:
        with _opened(folder, parts[:-1]) as parent:
            os.unlink(parts[-1], dir_fd=parent)
    except OSError as error:
        if error.errno not in _NOT_OURS:
            raise WorldError(f"cannot remove {join(folder, *parts)}: {error.strerror}") from error


@contextlib.contextmanager
def _opened(folder: str, parts: Iterable[str]) -> Iterator[int]:
    """Open a folder below another, none of those between being a link."""
    with contextlib.ExitStack() as opened:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        opened.callback(os.close, handle)
        for part in parts:
            handle = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
            opened.callback(os.close, handle)
        yield handle
