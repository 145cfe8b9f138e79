"""Cutting: from the files of the sources to work items."""

import hashlib
from collections.abc import Iterable, Iterator

from babelmill.transforms.errors import ConfigError
from babelmill.transforms.files.storage import FoundFile
from babelmill.transforms.read.decompress import compression_named
from babelmill.transforms.read.format import Format
from babelmill.transforms.read.formats import Formats
from babelmill.transforms.read.items import MAX_ITEMS, TEXT_RATIO, UNOPENED, Item, Piece
from babelmill.transforms.read.jsonl import JSONL
from babelmill.transforms.read.sources import Source
from babelmill.transforms.secrets import has_secret, redacted

__all__ = ["ITEM_FILES", "text_ratio", "unopened", "work_items"]

ITEM_FILES = 500
"""Files an item at the most."""


def unopened(file: FoundFile) -> Piece | None:
    """Return the one piece of a file that is not to be opened, under a name that can be told; None for any other."""
    if has_secret(file.path):
        return Piece(redacted(file.path), UNOPENED + "secret_in_name", max(0, file.size), file.changed)
    try:
        file.path.encode()
    except UnicodeEncodeError:
        told = file.path.encode(errors="surrogateescape").decode(errors="backslashreplace")
        return Piece(told, UNOPENED + "name_not_utf8", max(0, file.size), file.changed)
    return Piece(file.path, UNOPENED + "not_a_file", 0, file.changed) if file.size < 0 else None


def text_ratio(path: str, format: Format | None) -> int:
    """Return the bytes of text that a byte of a file has, roughly; None is a format that is not known here."""
    return TEXT_RATIO if (format and format.is_packed) or compression_named(path) else 1


def _cut(file: FoundFile, source: Source, item_bytes: int, formats: Formats) -> list[tuple[int, Piece]]:
    """Return a file's pieces with the work in each, in bytes of text, roughly."""
    if piece := unopened(file):
        return [(0, piece)]
    # An empty file has nothing that tells its format, and nothing to be read.
    format = formats.of(source, file.path) if file.size else JSONL
    work = file.size * text_ratio(file.path, format)
    ends = format.starts(file, source, item_bytes) if work > item_bytes else []
    starts = [0, *ends]
    return [
        (work // len(starts), Piece(file.path, format.name, file.size, file.changed, start, end, file.state))
        for start, end in zip(starts, [*ends, None], strict=True)
    ]


def _begins_item(piece: Piece, share: float) -> bool:
    """Say whether a piece begins a new item behind one that is half full with half of it.

    A half of the pieces do at the most: if all did, items of equal files would stay others for good behind a file more.

    Args:
        piece: of the input.
        share: of an item's bytes that it has. An item goes on for a quarter more on average.
    """
    drawn = hashlib.blake2b(f"{piece.path}\0{piece.start}".encode(), digest_size=8).digest()
    return int.from_bytes(drawn, "little") < min(4 * share, 0.5) * (1 << 64)


def work_items(
    files: Iterable[tuple[int, Source, FoundFile]], item_bytes: int, formats: Formats | None = None
) -> Iterator[Item]:
    """Cut the files into items of about `item_bytes` of text: large plain files split, small files packed together.

    No more than ITEM_FILES are: where files are tiny, opening them takes the time, and many workers can.

    The order of the documents over all items is the input order for every `item_bytes`. Where an item of small
    files ends is up to a hash of their names, as soon as it is half full: so a file that comes or goes changes the
    items next to it, and not all behind it.

    Args:
        files: of `list_files`.
        item_bytes: of text, roughly.
        formats: that there are.

    Raises:
        ConfigError: if there are more than MAX_ITEMS items, or the format of a file cannot be told.
    """
    formats = formats or Formats()
    number, size, work_in = 0, 0, 0
    pieces: list[Piece] = []
    current: tuple[int, str] | None = None

    def item() -> Item:
        assert current is not None
        if number >= MAX_ITEMS:
            raise ConfigError("work.item_bytes", f"{item_bytes} cuts the input into more than {MAX_ITEMS} items")
        return Item(number, *current, tuple(pieces), work=work_in)

    for rank, source, file in files:
        for work, piece in _cut(file, source, item_bytes, formats):
            room = max(work, -(-item_bytes // ITEM_FILES))
            full = size + room > item_bytes or (
                2 * size + room >= item_bytes and _begins_item(piece, room / item_bytes)
            )
            if pieces and (current != (rank, source.source) or full):
                yield item()
                number, size, work_in, pieces = number + 1, 0, 0, []
            current = (rank, source.source)
            pieces.append(piece)
            size, work_in = size + room, work_in + work
    if pieces:
        yield item()
