"""One shard, or any other file of a run: what is in it, whether it is sound, and what its run says of it."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import orjson
import pyarrow.parquet as pq

from babelmill.pipeline.corpus.corpus import Output, open_sound
from babelmill.pipeline.corpus.kinds import Kind, kind_of, listed_as
from babelmill.pipeline.corpus.pages import Page, read_pages
from babelmill.pipeline.corpus.parquet_file import DAMAGE, ParquetTable
from babelmill.pipeline.corpus.parquet_file import opened as opened_table
from babelmill.transforms.errors import BabelmillError, ConfigError
from babelmill.transforms.files.parquet import METADATA_KEY
from babelmill.transforms.files.storage import exists, file_digest, is_local, join
from babelmill.transforms.text.visible import quote
from babelmill.transforms.write.listed import IndexFile, ShardFile, TableFile
from babelmill.transforms.write.manifest_file import MANIFEST

__all__ = ["Column", "Shard", "footer_of", "look_at", "opened", "run_above"]

_METADATA_BYTES = 1 << 20
_MOST_ABOVE = 4
"""Folders above a file in which its run is looked for: a shard lies two below."""


class Column(NamedTuple):
    """A column of the file, over all row groups.

    `size` and `raw_size`: bytes compressed and not. `least`, `greatest` and `nulls` are from the file's statistics,
    None where it has none. `pages` → how many; `checked`: how many of them have a checksum; `broken`: how many differ
    from it.
    """

    name: str
    type: str
    compression: str
    size: int
    raw_size: int
    nulls: int | None
    least: Any
    greatest: Any
    pages: int
    checked: int
    broken: int


class Shard(NamedTuple):
    """What a file says of itself, and what is wrong with it. Most are shards, and all other files of a run may be."""

    path: str
    size: int
    sha256: str
    created_by: str
    groups: tuple[tuple[int, int, int], ...]
    """Rows, bytes compressed and bytes raw of each row group."""
    columns: tuple[Column, ...]
    footer: dict[str, str] | None
    """Our metadata; None for a file without."""
    run: str | None
    """The folder of the finished run that it lies in."""
    kind: Kind | None
    """What it is; None for a file that Babelmill did not write."""
    listed: bool
    """Whether that run's manifest lists it."""
    problems: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Its documents, or other rows."""
        return sum(rows for rows, _, _ in self.groups)


@contextmanager
def opened(path: str) -> Iterator[ParquetTable]:
    """Open a Parquet file that somebody names, within limits; what breaks inside the block is a DamageError too.

    Raises:
        ConfigError: if there is no such file.
        DamageError: if it is no Parquet file, breaks while it is read, or is more than is looked at.
    """
    if not exists(path):
        raise ConfigError("FILE", f"no file {quote(path)}")
    with opened_table(path) as table:
        yield table


def footer_of(table: ParquetTable) -> dict[str, str] | None:
    """Return our metadata, None where there is none."""
    try:
        found = orjson.loads((table.metadata.metadata or {})[METADATA_KEY.encode()][:_METADATA_BYTES])
    except (KeyError, ValueError):
        return None
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else None


def run_above(path: str) -> Output | None:
    """Return the finished run that a path is or lies in, None if there is none.

    Raises:
        BabelmillError: if there is one, but its manifest or ledger cannot be read.
    """
    folder = os.path.abspath(path) if is_local(path) else path.rstrip("/")
    for _ in range(_MOST_ABOVE):
        if exists(join(folder, MANIFEST)):
            return open_sound(folder)
        folder = os.path.dirname(folder)
    return None


def look_at(path: str) -> Shard:
    """Read a shard's footer, every page and the whole file's digest, and compare them with the run's manifest.

    Raises:
        ConfigError: if there is no such file.
        DamageError: if it is no Parquet file.
    """
    with opened(path) as table:
        metadata, size = table.metadata, table.size
        pages = list(read_pages(table.file, table.chunks))
        groups = tuple(_group(metadata.row_group(number)) for number in range(metadata.num_row_groups))
        columns = tuple(_columns(table, pages))
        footer, created_by = footer_of(table), metadata.created_by or ""
    sha256 = file_digest(path)
    problems = [
        f"row group {page.group}, column {page.column}: a page is not what its checksum says"
        for page in pages
        if page.sound is False
    ]
    try:
        run = run_above(path)
    except BabelmillError as error:
        run = None
        problems.append(str(error))
    listed = listed_as(path, run) if run else None
    shard = Shard(
        path, size, sha256, created_by, groups, columns, footer, run.folder if run else None,
        kind_of(path, footer, run), listed is not None, (),
    )  # fmt: skip
    problems += _footer_problems(shard)
    if run:
        problems += _listing_problems(shard, run, listed[1]) if listed else _unlisted_problems(shard)
    return shard._replace(problems=tuple(problems))


def _group(group: pq.RowGroupMetaData) -> tuple[int, int, int]:
    sizes = [group.column(number).total_compressed_size for number in range(group.num_columns)]
    return group.num_rows, sum(sizes), group.total_byte_size


def _columns(table: ParquetTable, pages: list[Page]) -> Iterator[Column]:
    metadata, types = table.metadata, {field.name: str(field.type) for field in table.schema}
    counted = Counter((page.column, page.sound) for page in pages)
    for number in range(metadata.num_columns):
        chunks = [metadata.row_group(group).column(number) for group in range(metadata.num_row_groups)]
        name = metadata.schema.column(number).path
        statistics = [chunk.statistics for chunk in chunks if chunk.statistics]
        whole = bool(chunks) and len(statistics) == len(chunks)
        counted_nulls = whole and all(found.has_null_count for found in statistics)
        missing, broken, sound = (counted[name, word] for word in (None, False, True))
        yield Column(
            name=name,
            type=types.get(name.split(".", 1)[0], ""),
            compression=" ".join(sorted({chunk.compression for chunk in chunks})),
            size=sum(chunk.total_compressed_size for chunk in chunks),
            raw_size=sum(chunk.total_uncompressed_size for chunk in chunks),
            nulls=sum(found.null_count for found in statistics) if counted_nulls else None,
            least=_extreme(statistics, "min") if whole else None,
            greatest=_extreme(statistics, "max") if whole else None,
            pages=missing + broken + sound,
            checked=broken + sound,
            broken=broken,
        )


def _extreme(statistics: list[pq.Statistics], side: str) -> Any:
    """Return the least or greatest value of all row groups; None where one has none, or none that can be compared."""
    try:
        values = [getattr(found, side) for found in statistics if found.has_min_max]
        if len(values) < len(statistics):
            return None
        return min(values) if side == "min" else max(values)
    except (*DAMAGE, NotImplementedError):
        return None


def _footer_problems(shard: Shard) -> list[str]:
    if shard.footer is None or shard.footer.get("rows") == str(shard.rows):
        return []
    return [f"{shard.rows} rows, {shard.footer.get('rows')} in the footer"]


def _unlisted_problems(shard: Shard) -> list[str]:
    known = shard.kind is None or not shard.kind.listed
    return [] if known else [f"the manifest of {shard.run} does not list it"]


def _listing_problems(shard: Shard, run: Output, listed: ShardFile | IndexFile | TableFile) -> list[str]:
    """Compare a file with what its run's manifest says of it."""
    found = [
        f"{name} {here}, {said} in the manifest"
        for name, said, here in (
            ("SHA-256", listed.sha256, shard.sha256),
            ("bytes", listed.file_bytes, shard.size),
            ("rows", listed.rows, shard.rows),
        )
        if here != said
    ]  # fmt: skip
    footer = shard.footer or {}
    if isinstance(listed, ShardFile) and (
        footer.get("config_digest") != run.manifest.config_digest or footer.get("lang") != listed.lang
    ):
        found.append("the footer says that the shard belongs to another run or language")
    return found
