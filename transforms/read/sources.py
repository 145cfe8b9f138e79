"""Sources: what a configuration names as input, and the files that it finds."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Annotated, Any, Literal, Protocol

from pydantic import ConfigDict, Field, ModelWrapValidatorHandler, model_validator
from pydantic.dataclasses import dataclass
from pydantic_core import ArgsKwargs

from babelmill.transforms.errors import Collected, ConfigError
from babelmill.transforms.files.globs import fits
from babelmill.transforms.files.places import identity, is_folder, normal
from babelmill.transforms.files.storage import FoundFile, find
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.markers import is_marker
from babelmill.transforms.text.visible import quote

__all__ = ["PassOver", "Source", "list_files"]

_Glob = Annotated[str, Field(min_length=1)]
_Name = Annotated[str, Field(min_length=1, max_length=1000)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Source:
    """One input: a name, its files, and the names of their fields.

    Args:
        source: the name that the ledger and every document carry.
        files: globs, paths or folders, local or of any filesystem that Beam opens. A folder means all files below it;
            hidden, temporary and marker files (`_SUCCESS`, `.crc`) are passed over unless they are named.
        format: the name of a format (transforms/read/formats.py), or `auto`: by the file's name, else its content.
        compression: `gzip`, `bzip2`, `xz`, `zstd` or `none`; `auto` goes by each file's first bytes, whatever its name.
        text: the field that holds the text, or several, which a blank line joins. This and the others may be paths into
            nested objects or structs, `a.b.c`; a field of that very name wins. A list of texts has a line each.
        id: the field that holds the document's id; a document without one is called `path#offset`.
        url: the field that holds the address it came from.
        date: the field that says when it was written or fetched: text that begins as ISO 8601 does, or a Parquet date
            or timestamp.
        delimiter: of CSV, one character; `auto` is a tab for .tsv and .tab, else a comma.
        quotes: of CSV, whether fields may be in double quotes; if not, a quote is a character like others.
        header: of CSV, whether the first row names the columns, or their names; without one they are called `0`, `1` …
        document: of plain text, what one document is: a `file`, a `paragraph` (blank lines are between), or a `line`.
        profile: the quality profile of this source's documents, a name, a path or `off`; None for the run's own.
        lang: the language that all its documents are in, or `code`; without it each is identified.
    """

    source: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\w:-][\w.:-]*$")]
    files: _Glob | Annotated[tuple[_Glob, ...], Field(min_length=1)]
    format: _Name = "auto"
    compression: Literal["auto", "none", "gzip", "bzip2", "xz", "zstd"] = "auto"
    text: _Name | Annotated[tuple[_Name, ...], Field(min_length=1, max_length=20)] = "text"
    id: str = "id"
    url: str = "url"
    date: str = "date"
    delimiter: Annotated[str, Field(pattern=r'^(auto|[^"\r\n])$')] = "auto"
    quotes: bool = True
    header: bool | Annotated[tuple[_Name, ...], Field(min_length=1, max_length=10_000)] = True
    document: Literal["file", "paragraph", "line"] = "file"
    profile: _Glob | None = None
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
    def texts(self) -> tuple[str, ...]:
        """The fields of the text, always as a tuple."""
        return (self.text,) if isinstance(self.text, str) else self.text

    @property
    def fields(self) -> dict[str, tuple[str, ...]]:
        """`text`, `id`, `url`, `date` → the names of the fields: one, but of the text maybe several."""
        return {"text": self.texts, "id": (self.id,), "url": (self.url,), "date": (self.date,)}

    @property
    def reading(self) -> dict[str, Any]:
        """All that decides what is read of a file: everything but which files there are."""
        return {name: value for name, value in asdict(self).items() if name != "files"}

    @property
    def configured(self) -> frozenset[str]:
        """Which of `fields` were named by whoever wrote the configuration, the default's own name included."""
        found: frozenset[str] = getattr(self, "_configured", frozenset())
        return found

    def names(self, path: str) -> bool:
        """Say whether one of the globs, or a folder among them, names a path, by their spelling alone."""
        return any(fits(path, glob) or fits(path, _below(glob)) for glob in self.globs)

    @property
    def globs(self) -> tuple[str, ...]:
        """The globs, always as a tuple."""
        return (self.files,) if isinstance(self.files, str) else self.files


class PassOver(Protocol):
    """Which of the files that globs find are no input: a run's own."""

    def check_glob(self, key: str, glob: str) -> None:
        """Raise a ConfigError for a glob that cannot be read."""

    def __call__(self, key: str, glob: str, path: str) -> bool:
        """Say whether to pass over a file that the glob of a key found, or raise a ConfigError."""


def _below(folder: str) -> str:
    """Return the glob of all files below a folder."""
    return f"{folder.rstrip('/')}/**"


def _find(glob: str) -> tuple[list[FoundFile], list[str]]:
    """Return the files of a glob, of a folder all below it; and which of them are no data by their names."""
    if glob.endswith("/") or is_folder(glob):
        glob = _below(glob)
    found = find(glob, odd=True)
    passed = {file.path for file in found if is_marker(file.path, glob)}
    return [file for file in found if file.path not in passed], sorted(passed)


def list_files(
    sources: Iterable[Source],
    most: int = Limits().files_per_source,
    own: PassOver | None = None,
    markers: list[str] | None = None,
) -> Iterator[tuple[int, Source, FoundFile]]:
    """Yield every source's files in input order: sources as configured, globs as written, paths sorted.

    Args:
        sources: as configured.
        most: files that one source may have.
        own: which files are the run's own, and passed over.
        markers: gets the paths of hidden, temporary and marker files, which are passed over.

    Raises:
        ConfigError: if a glob matches nothing, a file is found twice, under whatever names, or a source has too many.
    """
    owner: dict[object, tuple[str, str]] = {}
    missing = Collected()
    for rank, source in enumerate(sources):
        before = len(owner)
        for number, glob in enumerate(source.globs):
            key = f"input.{rank}.files" + ("" if isinstance(source.files, str) else f".{number}")
            if own:
                own.check_glob(key, glob)
            found, passed = _find(glob)
            found = [file for file in found if not (own and own(key, glob, file.path))]
            if markers is not None:
                markers += passed
            with missing.check():
                if not found:
                    only = f", but for {len(passed)} hidden, temporary or marker files" if passed else ""
                    raise ConfigError(key, f"no file matches {quote(glob)}{only}")
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
    missing.finish()
