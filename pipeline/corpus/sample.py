"""Documents of shards: by row, or a sample over many shards that a seed decides. Rows of a run's other files too."""

import os
import random
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from babelmill.pipeline.corpus.corpus import open_sound
from babelmill.pipeline.corpus.lock import owner_of
from babelmill.pipeline.corpus.shard import footer_of, opened, run_above
from babelmill.pipeline.corpus.values import row_of
from babelmill.transforms.errors import ConfigError, nearest
from babelmill.transforms.files.storage import exists, find_below, is_local, join
from babelmill.transforms.text.visible import quote
from babelmill.transforms.work import WorkFolder
from babelmill.transforms.write.manifest_file import MANIFEST

__all__ = ["Listed", "draw", "in_language", "is_file", "list_shards", "read_rows", "sample"]


class Listed(NamedTuple):
    """A shard that may be drawn from, or another Parquet file; `lang` is empty for one that is of no one language."""

    path: str
    lang: str
    rows: int
    among: tuple[int, ...] | None = None
    """Which rows of the file these are; None for all of them."""


def is_file(path: str) -> bool:
    """Say whether a path is a file; an object store knows nothing else."""
    return os.path.isfile(path) if is_local(path) else exists(path)


def list_shards(path: str) -> list[Listed]:
    """Return the shards of a run or of a folder inside it, by their paths; or the Parquet files of any other folder;
    or a file.

    Raises:
        ConfigError: if there is nothing of the kind, or the run kept no document.
    """
    if is_file(path):
        return [_listed(path)]
    if exists(join(path, MANIFEST)) or exists(WorkFolder(path).items) or owner_of(path):
        run = open_sound(path)
        if not run.manifest.shards:
            raise ConfigError("RUN", f"{path} has no shard: the run kept no document; babelmill inspect says why")
    else:
        found = run_above(path)
        if found is None:
            return _files(path)
        run = found
    shards = [Listed(join(run.folder, row.path), row.lang, row.rows) for row in run.manifest.shards]
    base = join(_absolute(path), "")
    # Spelt as the user spelt the folder.
    below = ((_absolute(shard.path), shard) for shard in shards)
    chosen = [shard._replace(path=join(path, at.removeprefix(base))) for at, shard in below if at.startswith(base)]
    return chosen or _files(path)


def _absolute(path: str) -> str:
    return os.path.abspath(path) if is_local(path) else path


def _files(path: str) -> list[Listed]:
    """Return the Parquet files below a folder: audit files, those of an index, or somebody else's."""
    if found := [_listed(file.path) for file in find_below(path, "**/*.parquet")]:
        return found
    raise ConfigError("FILE", f"{path} is not a run and not a Parquet file, and has no Parquet file below it")


def _listed(path: str) -> Listed:
    """Return a shard by its own footer; other files by their folder's name."""
    with opened(path) as table:
        folder = os.path.basename(os.path.dirname(path))
        of_folder = folder.removeprefix("lang=") if folder.startswith("lang=") else ""
        lang = (footer_of(table) or {}).get("lang", of_folder)
        return Listed(path, lang, table.rows)


def in_language(shards: Sequence[Listed], lang: str | None) -> list[Listed]:
    """Return the shards of a language, or all; of files that are of no one language, such as audit files, its rows.

    Raises:
        ConfigError: if there is none.
        DamageError: if such a file cannot be read.
    """
    if lang is None:
        return list(shards)
    found = [shard if shard.lang else _rows_in(shard, lang) for shard in shards if shard.lang in ("", lang)]
    chosen = [shard for shard in found if shard.rows]
    if not chosen:
        what = "shard" if any(shard.lang for shard in shards) else "row"
        raise ConfigError(
            "--lang", f"no {what} in {quote(lang)}{nearest(lang, sorted({s.lang for s in shards} - {''}))}"
        )
    return chosen


def _rows_in(shard: Listed, lang: str) -> Listed:
    """Return a file's rows in a language, by its own column; none where it has no such column."""
    rows: list[int] = []
    with opened(shard.path) as table:
        if "lang" in table.schema.names:
            start = 0
            for batch in table.batches(["lang"]):
                here = pc.equal(batch["lang"].cast(pa.string()), lang)
                rows += (start + row for row in pc.indices_nonzero(pc.fill_null(here, False)).to_pylist())
                start += batch.num_rows
    return shard._replace(rows=len(rows), among=tuple(rows))


def draw(total: int, wanted: int, seed: int) -> list[int]:
    """Return distinct numbers below a total: the same for a seed in every version, and a larger draw begins with a
    smaller one.

    >>> draw(10, 3, 1) == draw(10, 5, 1)[:3]
    True
    """
    # Fisher and Yates's shuffle, of which only the moved numbers are held. Python promises the numbers of random().
    numbers = random.Random(seed)
    moved: dict[int, int] = {}
    drawn = []
    for place in range(min(wanted, total)):
        other = place + int(numbers.random() * (total - place))
        drawn.append(moved.get(other, other))
        moved[other] = moved.get(place, place)
    return drawn


def sample(shards: Sequence[Listed], wanted: int, seed: int) -> Iterator[tuple[Listed, int, dict[str, Any]]]:
    """Yield shard, row and document of a uniform sample without replacement; only their row groups are read.

    Raises:
        ConfigError: if there is no document.
    """
    ends = list(accumulate(shard.rows for shard in shards))
    if not ends[-1]:
        raise ConfigError("FILE", "the shards have no document")
    for number in draw(ends[-1], wanted, seed):
        place = next(place for place, end in enumerate(ends) if number < end)
        shard = shards[place]
        row = number - ends[place] + shard.rows
        row = row if shard.among is None else shard.among[row]
        yield shard, row, next(read_rows(shard.path, [row]))


def read_rows(path: str, rows: Iterable[int], tokens: bool = False) -> Iterator[dict[str, Any]]:
    """Yield documents of a file by their rows, as columns → values; of others no more than a batch is held.

    Args:
        path: a shard.
        rows: in the file.
        tokens: with the column `tokens`, a document's token ids.

    Raises:
        DamageError: if the file has fewer rows, or cannot be read.
    """
    with opened(path) as table:
        # A table's column of that name is a number.
        names = table.schema.names
        columns = [name for name in names if tokens or name != "tokens" or not _is_nested(table.schema, name)]
        wanted = np.array(list(rows), np.int64)
        for ascending in np.split(wanted, np.flatnonzero(np.diff(wanted) < 0) + 1):
            for batch in table.rows_at(ascending, columns):
                yield row_of(batch, 0)


def _is_nested(schema: pa.Schema, name: str) -> bool:
    return any(pa.types.is_nested(schema.field(place).type) for place in schema.get_all_field_indices(name))
