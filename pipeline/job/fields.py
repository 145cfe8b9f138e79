"""Fields that exist nowhere: each source's are looked for in the head of one of its files, before anything runs."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import NamedTuple

from babelmill.transforms.errors import ConfigError, WorldError, closest
from babelmill.transforms.files.storage import FoundFile
from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.fields import listed, quoted
from babelmill.transforms.read.formats import Formats
from babelmill.transforms.read.head import Head, read_head
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.sources import Source
from babelmill.transforms.read.work_items import unopened

__all__ = ["Seen", "look_at_fields"]

_TRIES = 5
"""Files that are tried where the first cannot be read, or has no text."""


class Seen(NamedTuple):
    """What was seen of a source.

    Args:
        source: its name.
        found: which of `text`, `id`, `url`, `date` are there; None if no file could be read.
        warnings: what the user should know, a sentence each.
    """

    source: str
    found: frozenset[str] | None
    warnings: tuple[str, ...]


def look_at_fields(
    files: Iterable[tuple[int, Source, FoundFile]], limits: Limits, formats: Formats | None = None
) -> tuple[Seen, ...]:
    """Look at the head of one file of each source: of the first that can be read and has the text.

    Args:
        files: of `list_files`.
        limits: of reading.
        formats: that there are.

    Raises:
        ConfigError: with the key `input.N.text`, if no file that was looked at has the field of the text; or if a
            file's name does not tell its format.
    """
    sources = groupby(files, key=lambda found: (found[0], found[1]))
    formats = formats or Formats()
    return tuple(
        _see(number, source, [file for _, _, file in found], limits, formats) for (number, source), found in sources
    )


def _see(number: int, source: Source, files: Sequence[FoundFile], limits: Limits, formats: Formats) -> Seen:
    heads: list[Head] = []
    unread: list[str] = []
    # Empty ones have no head, and what is not to be opened is not.
    for file in islice((file for file in files if file.size and not unopened(file)), _TRIES):
        try:
            heads.append(read_head(file.path, source, limits, formats))
        except BrokenFile as error:
            unread.append(f"{file.path}: {error}")
        except WorldError as error:
            unread.append(str(error))
        if heads and "text" in heads[-1].found:
            break
    if not heads:
        why = f" ({unread[0]})" if unread else ""
        told = f"input.{number}: no record was found at the head of {_count(len(unread), len(files))} of source "
        told += f"{source.source}{why}: it is not known whether its records have the field {quoted(source.texts[0])}"
        return Seen(source.source, None, (told,))
    if "text" not in heads[-1].found:
        more = f", nor of {len(heads) - 1} more" if heads[1:] else ""
        raise ConfigError(f"input.{number}.text", _absent(source.texts, heads[0], more))
    return Seen(source.source, heads[-1].found, tuple(_warnings(number, source, heads)))


def _count(tried: int, files: int) -> str:
    """Say how many files were tried."""
    if tried in (0, files):
        return "the one file" if files == 1 else f"any of the {files:,} files"
    return f"the first {tried} of {files:,} files"


def _warnings(number: int, source: Source, heads: Sequence[Head]) -> Iterator[str]:
    if heads[1:]:
        yield f"input.{number}.text: {_absent(source.texts, heads[0], f'; it is in {heads[-1].path}')}"
    for role, names in source.fields.items():
        if role in source.configured - heads[-1].found:
            yield f"input.{number}.{role}: {_absent(names, heads[-1])}"


def _absent(names: Sequence[str], head: Head, more: str = "") -> str:
    """Say that a field is not in a file's head, or one of several, and what is."""
    name = next((name for name in names if name not in head.names), names[0])
    if head.records is None:
        where = f"no column {quoted(name)} in {head.path}"
    else:
        count = "record" if head.records == 1 else f"{head.records} records"
        where = f"no field {quoted(name)} in the first {count} of {head.path}"
    near = _near(name, head.names)
    hint = f"; did you mean {listed([near])}?" if near else ""
    return f"{where}{more}; its fields are {listed(head.names) or 'none'}{hint}"


def _near(name: str, names: Sequence[str]) -> str | None:
    """Return the name most like another: one that ends the same, `metadata.url` for `url`, or is spelt alike."""
    ends = {other.rpartition(".")[2]: other for other in reversed(names)}
    return ends.get(name.rpartition(".")[2]) or closest(name, names)
