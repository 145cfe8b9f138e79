"""Files that will not be read, told before the run: those whose footer is missing, or says why."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from babelmill.pipeline.formatting.quantities import quantity
from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.storage import FoundFile, is_local
from babelmill.transforms.read.formats import Formats
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.sources import Source
from babelmill.transforms.read.work_items import unopened

__all__ = ["unreadable_files"]

_MOST_LOCAL, _MOST_REMOTE = 10_000, 100
"""Files of a source that are opened, evenly over all of them: some milliseconds each, in a store a request."""
_MOST_NAMED = 3
_LARGE_PART = 1 << 26
_PAGES_HELD = 3
"""A page in memory: compressed, decompressed, and as values."""


def unreadable_files(files: Iterable[tuple[int, Source, FoundFile]], limits: Limits, formats: Formats) -> Iterator[str]:
    """Yield a sentence for each source some of whose files will not be read, with the worst of them.

    Args:
        files: of `list_files`.
        limits: of reading.
        formats: that there are; one that cannot say cheaply whether a file is readable says nothing.
    """
    sources = groupby(files, key=lambda found: (found[0], found[1]))
    for (number, source), found in sources:
        mine = [file for _, _, file in found if file.size > 0 and not unopened(file)]
        seen = _some(mine)
        bad = [(file, why) for file in seen if (why := _problem(file, source, limits, formats))]
        unread = {file for file, _ in bad}
        yield from _large_parts(number, source, [file for file in seen if file not in unread], limits, formats)
        if bad:
            bad.sort(key=lambda pair: (-pair[0].size, pair[0].path))
            size = sum(file.size for file, _ in bad)
            named = "; ".join(f"{file.path} ({quantity(file.size, 'B')}): {why}" for file, why in bad[:_MOST_NAMED])
            more = f"; and {len(bad) - _MOST_NAMED:,} more" if len(bad) > _MOST_NAMED else ""
            looked = "" if len(seen) == len(mine) else f" that were looked at of {len(mine):,}"
            yield (
                f"input.{number}: {len(bad):,} of {len(seen):,} files{looked} will not be read, {quantity(size, 'B')}: "
                f"{named}{more}"
            )


def _large_parts(
    number: int, source: Source, files: Sequence[FoundFile], limits: Limits, formats: Formats
) -> Iterator[str]:
    """Say that a file has pages of so many bytes that a worker's memory should be thought of; of one file a source."""
    largest = max(files, key=lambda file: file.size, default=None)
    if largest is None:
        return
    size = formats.of(source, largest.path).largest_part(largest.path, source, limits)
    if size > _LARGE_PART:
        yield (
            f"input.{number}: {largest.path} has a page of {quantity(size, 'B')}, read as a whole: a worker takes "
            f"some {quantity(_PAGES_HELD * size, 'B')} for it; limits.page_bytes, {quantity(limits.page_bytes, 'B')}, "
            "bounds it"
        )


def _some(files: Sequence[FoundFile]) -> Sequence[FoundFile]:
    most = _MOST_LOCAL if all(is_local(file.path) for file in files) else _MOST_REMOTE
    return files[:: -(-len(files) // most)] if files else files


def _problem(file: FoundFile, source: Source, limits: Limits, formats: Formats) -> str:
    try:
        return formats.of(source, file.path).problem(file.path, source, limits)
    except WorldError as error:
        return str(error)
