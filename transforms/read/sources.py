"""Sources and the work items that they are cut into."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, NamedTuple, Protocol

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ConfigDict, Field, ModelWrapValidatorHandler, model_validator
from pydantic.dataclasses import dataclass
from pydantic_core import ArgsKwargs

from babelmill.transforms.errors import ConfigError
from babelmill.transforms.files.places import identity, normal
from babelmill.transforms.files.storage import FoundFile, find, open_file
from babelmill.transforms.read.decompress import SUFFIXES, compression_of
from babelmill.transforms.read.footer import chunks_of, read_footer
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.secrets import has_secret, redacted
from babelmill.transforms.text.visible import quote

__all__ = [
    "MAX_ITEMS", "TEXT_RATIO", "UNOPENED", "Item", "PassOver", "Piece",
    "Source", "format_of", "list_files", "unopened", "work_items",
]  # fmt: skip

MAX_ITEMS = 1 << 20
"""A document's 64-bit rank has 20 bits for its item."""
_Glob = Annotated[str, Field(min_length=1)]
UNOPENED = "unopened:"
"""Before the reason, the format of a file that is not opened."""
TEXT_RATIO = 4
"""Text a byte of compressed input, roughly, for items of equal work."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Source:
    """One input: a name, its files, and the names of their fields.

    Args:
        source: the name that the ledger and every document carry.
        files: globs or paths, local or of any filesystem that Beam opens.
        format: `jsonl`, `parquet`, or `auto`, by the file name's ending.
        text: the field that holds the text. This and the others may be paths into nested objects or structs, `a.b.c`;
            a field of that very name wins.
        id: the field that holds the document's id; a document without one is called `path#offset`.
        url: the field that holds the address it came from.
        date: the field that says when it was written or fetched: text that begins as ISO 8601 does, or a Parquet date
            or timestamp.
        lang: the language that all its documents are in, or `code`; without it each is identified.
    """

    source: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\w:-][\w.:-]*$")]
    files: _Glob | Annotated[tuple[_Glob, ...], Field(min_length=1)]
    format: Literal["auto", "jsonl", "parquet"] = "auto"
    text: str = "text"
    id: str = "id"
    url: str = "url"
    date: str = "date"
    lang: Annotated[str, Field(pattern=r"^[a-z]{2,8}([_-][A-Za-z0-9]{2,8})*$")] | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _note_configured(cls, data: Any, handler: ModelWrapValidatorHandler["Source"]) -> "Source":
        """Keep which fields were named: of a default that is not there nobody needs to be warned."""
        source = handler(data)
        if data is not source:
            given = (data.kwargs or {}) if isinstance(data, ArgsKwargs) else data
            object.__setattr__(source, "_configured", frozenset(given) & source.fields.keys())
        return source

    @property
    def fields(self) -> dict[str, str]:
        """`text`, `id`, `url`, `date` → the name of the field."""
        return {"text": self.text, "id": self.id, "url": self.url, "date": self.date}

    @property
    def configured(self) -> frozenset[str]:
        """Which of `fields` were named by whoever wrote the configuration, the default's own name included."""
        found: frozenset[str] = getattr(self, "_configured", frozenset())
        return found

    @property
    def globs(self) -> tuple[str, ...]:
        """The globs, always as a tuple."""
        return (self.files,) if isinstance(self.files, str) else self.files


class Piece(NamedTuple):
    """A part of one file: [start, end) in bytes (plain JSONL) or row groups (Parquet); `end` None is the file's end.

    `size`, `changed` and `state` are the whole file's, as `FoundFile` has them: a finished item is known by them. Of a
    file that is not to be opened, `format` is UNOPENED and the reason.
    """

    path: str
    format: str
    size: int
    changed: float
    start: int = 0
    end: int | None = None
    state: str = ""


class Item(NamedTuple):
    """A work item: what one worker reads at a time.

    `number` counts in input order over all sources; `rank` is the source's place in the configuration, 0 the best.
    """

    number: int
    rank: int
    source: str
    pieces: tuple[Piece, ...]

    def dump(self) -> bytes:
        """Return the item as a line of JSON."""
        return orjson.dumps((*self[:3], [tuple(piece) for piece in self.pieces]))

    @classmethod
    def load(cls, line: bytes) -> "Item":
        """Read an item back."""
        number, rank, source, pieces = orjson.loads(line)
        return cls(number, rank, source, tuple(Piece(*piece) for piece in pieces))


def format_of(source: Source, path: str) -> str:
    """Return `jsonl` or `parquet`.

    Raises:
        ConfigError: if the format is `auto` and the file's name does not tell.
    """
    if source.format != "auto":
        return source.format
    plain = path
    for suffix in SUFFIXES:
        plain = plain.removesuffix(suffix)
    if plain.endswith((".jsonl", ".ndjson", ".json")):
        return "jsonl"
    if plain.endswith((".parquet", ".pq")):
        return "parquet"
    raise ConfigError("input", f"{path}: the name does not tell the format; set format: jsonl or format: parquet")


class PassOver(Protocol):
    """Which of the files that globs find are no input: a run's own."""

    def check_glob(self, key: str, glob: str) -> None:
        """Raise a ConfigError for a glob that cannot be read."""

    def __call__(self, key: str, glob: str, path: str) -> bool:
        """Say whether to pass over a file that the glob of a key found, or raise a ConfigError."""


def list_files(
    sources: Iterable[Source], most: int = Limits().files_per_source, own: PassOver | None = None
) -> Iterator[tuple[int, Source, FoundFile]]:
    """Yield every source's files in input order: sources as configured, globs as written, paths sorted.

    Args:
        sources: as configured.
        most: files that one source may have.
        own: which files are the run's own, and passed over.

    Raises:
        ConfigError: if a glob matches nothing, a file is found twice, under whatever names, or a source has too many.
    """
    owner: dict[object, tuple[str, str]] = {}
    for rank, source in enumerate(sources):
        before = len(owner)
        for number, glob in enumerate(source.globs):
            key = f"input.{rank}.files" + ("" if isinstance(source.files, str) else f".{number}")
            if own:
                own.check_glob(key, glob)
            found = [file for file in find(glob, odd=True) if not (own and own(key, glob, file.path))]
            if not found:
                raise ConfigError(key, f"no file matches {quote(glob)}")
            for file in found:
                # A file that is read twice counts twice: under another spelling, through a link, as a hard link.
                same = identity(file.path) or normal(file.path)
                if same in owner:
                    path, name = owner[same]
                    link = "" if path == file.path else f"the same file as {path}, which is "
                    raise ConfigError(key, f"{file.path} is {link}already an input of source {quote(name)}")
                owner[same] = file.path, source.source
                if len(owner) - before > most:
                    raise ConfigError(key, f"more files than limits.files_per_source, {most}")
                yield rank, source, file


def _row_group_ends(file: FoundFile, item_bytes: int) -> list[int]:
    """Return where to cut a Parquet file, in row groups; a file that cannot be read stays whole."""
    try:
        with open_file(file.path) as handle:
            chunks_of(read_footer(handle, Limits().footer_bytes))
            footer = pq.read_metadata(handle)
    except (OSError, ValueError, pa.ArrowException):
        return []
    ends, size = [], 0
    for group in range(footer.num_row_groups):
        size += footer.row_group(group).total_byte_size
        if size >= item_bytes:
            ends.append(group + 1)
            size = 0
    return [end for end in ends if end < footer.num_row_groups]


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


def _cut(file: FoundFile, source: Source, item_bytes: int) -> list[tuple[int, Piece]]:
    """Return a file's pieces with the work in each, in bytes of text, roughly."""
    if piece := unopened(file):
        return [(0, piece)]
    format = format_of(source, file.path)
    work = file.size * (TEXT_RATIO if format == "parquet" or compression_of(file.path) else 1)
    if work <= item_bytes:
        return [(work, Piece(file.path, format, file.size, file.changed, state=file.state))]
    if format == "parquet":
        ends = _row_group_ends(file, item_bytes)
    elif compression_of(file.path):
        ends = []
    else:
        ends = list(range(item_bytes, file.size, item_bytes))
    starts = [0, *ends]
    return [
        (work // len(starts), Piece(file.path, format, file.size, file.changed, start, end, file.state))
        for start, end in zip(starts, [*ends, None], strict=True)
    ]


def work_items(files: Iterable[tuple[int, Source, FoundFile]], item_bytes: int) -> Iterator[Item]:
    """Cut the files into items of about `item_bytes` of text: large plain files split, small files packed together.

    The order of the documents over all items is the input order for every `item_bytes`.

    Raises:
        ConfigError: if there are more than MAX_ITEMS items.
    """
    number, size = 0, 0
    pieces: list[Piece] = []
    current: tuple[int, str] | None = None

    def item() -> Item:
        assert current is not None
        if number >= MAX_ITEMS:
            raise ConfigError("work.item_bytes", f"{item_bytes} cuts the input into more than {MAX_ITEMS} items")
        return Item(number, *current, tuple(pieces))

    for rank, source, file in files:
        for work, piece in _cut(file, source, item_bytes):
            if pieces and (current != (rank, source.source) or size + work > item_bytes):
                yield item()
                number, size, pieces = number + 1, 0, []
            current = (rank, source.source)
            pieces.append(piece)
            size += work
    if pieces:
        yield item()
