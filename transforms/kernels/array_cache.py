"""Arrays that take time to make, kept on disk beside the compiled kernels.

    arrays = kept("unicode", digest(unicodedata.unidata_version, Path(__file__).read_bytes()), make)

What they were made from names the file, so that it can never be stale. A file that is damaged (a zip archive has a
checksum for each array) is made anew; a disk that takes no file only costs the time to make the arrays the next time.
"""

import hashlib
import io
import logging
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.storage import read_bytes, write_bytes
from babelmill.transforms.kernels.cache import cache_folder

__all__ = ["digest", "kept"]

_LOG = logging.getLogger(__name__)
_DAMAGE = (WorldError, ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile)


def digest(*parts: str | bytes) -> str:
    """Return a name for what arrays are made from: 32 hex digits. NumPy's version is always among it."""
    found = hashlib.sha256(np.__version__.encode())
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        found.update(len(content).to_bytes(8, "little") + content)
    return found.hexdigest()[:32]


def kept(folder: str, name: str, make: Callable[[], Mapping[str, npt.NDArray[Any]]]) -> dict[str, npt.NDArray[Any]]:
    """Return named arrays from the disk, or make them and keep them there.

    Args:
        folder: of the cache (transforms/kernels/cache.py).
        name: a digest of all that they are made from.
        make: makes them.
    """
    file_name = f"{name}.npz"
    try:
        content = read_bytes(str(cache_folder(folder) / file_name))
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            return dict(found)
    except _DAMAGE as error:
        _LOG.debug("no tables of %s: %s", folder, error)
    made = dict(make())
    file = io.BytesIO()
    np.savez(file, **made)  # type: ignore[arg-type]
    try:
        write_bytes(str(cache_folder(folder) / file_name), file.getvalue())
    except WorldError as error:
        _LOG.warning("tables of %s are made again every time: %s", folder, error)
    # The same types as the next time, for kernels are compiled for them: contiguous arrays of this process alone.
    file.seek(0)
    with np.load(file, allow_pickle=False) as found:
        return dict(found)
