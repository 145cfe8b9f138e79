"""Verify inputs: whether the files that a run has read are still what they were. No file is opened.

The work folder's list of items knows size, time and state (ctime, or a store's checksum) of each file; where it is
gone, the manifest knows the sizes.
"""

from collections.abc import Iterator

from babelmill.pipeline.corpus.corpus import Output
from babelmill.transforms.errors import DamageError, WorldError
from babelmill.transforms.files.storage import look
from babelmill.transforms.read.items import UNOPENED, Piece
from babelmill.transforms.read.unchanged import change_of, planned_pieces
from babelmill.transforms.work import WorkFolder

__all__ = ["changed_inputs"]


def changed_inputs(output: Output) -> Iterator[str]:
    """Yield what is different about each input file of a run, a sentence each.

    A relative path is relative to where the run was started.

    Raises:
        DamageError: if the list of items cannot be read.
    """
    known = _pieces(output)
    for row in output.manifest.inputs:
        path = row.path
        piece = known.get(path) or Piece(path, "", row.bytes, 0.0)
        if piece.format.startswith(UNOPENED):
            continue
        try:
            change = change_of(piece, look(path))
        except WorldError as error:
            change = str(error)
        if change:
            yield f"{path}: {change}"


def _pieces(output: Output) -> dict[str, Piece]:
    path = WorkFolder(output.folder).items
    try:
        return planned_pieces(path)
    except (ValueError, TypeError) as error:
        raise DamageError(f"{path} cannot be read: {error}") from error
