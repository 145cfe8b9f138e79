"""The head of a file: which fields its records have, from a few of them, before any of it is read in earnest."""

import pyarrow as pa

from babelmill.transforms.files.storage import check_reads, open_file
from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.format import Head
from babelmill.transforms.read.formats import Formats
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.sources import Source

__all__ = ["Head", "read_head"]


def read_head(path: str, source: Source, limits: Limits, formats: Formats | None = None) -> Head:
    """Look at a file's first records, or its schema.

    Args:
        path: of a regular file that is not empty.
        source: whose fields are looked for.
        limits: of reading; what is beyond them is passed over here, and refused when the file is read.
        formats: that there are.

    Raises:
        BrokenFile: if there is no good record at its head, or no footer at its end.
        WorldError: if it cannot be read.
        ConfigError: if its format cannot be told.
    """
    format = (formats or Formats()).of(source, path)
    with open_file(path) as file:
        try:
            return format.read_head(file, path, source, limits)
        except (pa.ArrowException, OSError, EOFError, ValueError) as error:
            check_reads(file)
            if isinstance(error, BrokenFile):
                raise
            raise BrokenFile("corrupt", str(error).splitlines()[0] if str(error) else repr(error)) from error
