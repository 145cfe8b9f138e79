"""The formats that are read: a new one is a file of its own, and its name here."""

from collections.abc import Sequence

from babelmill.transforms.errors import ConfigError, nearest
from babelmill.transforms.files.storage import open_file
from babelmill.transforms.read.decompress import BrokenFile, compression_at, decompressed, without_suffix
from babelmill.transforms.read.delimited import CSV, TSV
from babelmill.transforms.read.format import Format
from babelmill.transforms.read.jsonl import JSONL
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.parquet import PARQUET
from babelmill.transforms.read.plain_text import TEXT
from babelmill.transforms.read.sources import Source
from babelmill.transforms.text.visible import quote

__all__ = ["AUTO", "FORMATS", "Formats"]

FORMATS: tuple[Format, ...] = (JSONL, PARQUET, CSV, TSV, TEXT)
AUTO = "auto"
_HEAD_BYTES = 1 << 12
_JSON_BEGINS = (b"{", b"[", b"\x1e")


class Formats:
    """The formats of a run: those from outside first, then those that come with Babelmill.

    Args:
        own: those from outside.
    """

    def __init__(self, own: Sequence[Format] = ()) -> None:
        self.own = tuple(own)
        self._all = {found.name: found for found in (*FORMATS, *own)}

    @property
    def names(self) -> tuple[str, ...]:
        """What `format:` may be, beside `auto`."""
        return tuple(self._all)

    def __getitem__(self, name: str) -> Format:
        """Return the format of a name; KeyError without one."""
        return self._all[name]

    def check(self, key: str, source: Source) -> None:
        """Refuse a source of an unknown format.

        Raises:
            ConfigError: with the key.
        """
        if source.format != AUTO and source.format not in self._all:
            names = ", ".join(sorted(self._all))
            near = nearest(source.format, (AUTO, *self._all))
            raise ConfigError(key, f"no format {quote(source.format)}{near}; formats: {AUTO}, {names}")

    def knows(self, source: Source, path: str) -> bool:
        """Say whether the format of a file is told by the source, or by the file's name."""
        return self._by_name(path) is not None if source.format == AUTO else source.format in self._all

    def _by_name(self, path: str) -> Format | None:
        plain = without_suffix(path)
        return next((found for found in (*self.own, *FORMATS) if plain.endswith(found.suffixes)), None)

    def of(self, source: Source, path: str, look: bool = True) -> Format:
        """Return the format of a file: the source's, else by the name's ending, else by the first bytes.

        Args:
            source: the file's.
            path: the file.
            look: whether it may be opened.

        Raises:
            ConfigError: if none of these tells it.
            WorldError: if the file cannot be read.
        """
        if source.format != AUTO:
            return self._all[source.format]
        found = self._by_name(path) or (_by_first_bytes(path, source) if look else None)
        if found is None:
            names = " or ".join(f"format: {name}" for name in self._all)
            raise ConfigError("input", f"{path}: neither its name nor its first bytes tell the format; set {names}")
        return found


def _by_first_bytes(path: str, source: Source) -> Format | None:
    with open_file(path) as file:
        head = file.read(4)
        file.seek(0)
        if head == b"PAR1":
            return PARQUET
        try:
            content = next(decompressed(file, compression_at(file, path, source.compression), Limits()), b"")
        except BrokenFile:
            return None
    return JSONL if content[:_HEAD_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_JSON_BEGINS) else None
