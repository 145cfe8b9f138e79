"""Regular files: what is opened by a path that may be a stranger's never waits and always ends."""

import os
import stat
from typing import IO

__all__ = ["open_regular"]


def open_regular(path: str) -> IO[bytes]:
    """Open a local file for reading.

    Raises:
        OSError: if it cannot be opened, or is a pipe, which may wait for ever, or a device, which may never end; a link
            to one too.
    """
    # To open a pipe without O_NONBLOCK is to wait for its writer.
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0)))
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(f"{path} is a pipe, a device or a socket, not a regular file")
    return file
