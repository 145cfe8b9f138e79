"""Corpora from Python: a finished run's documents, numbers and reasons."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path

import pyarrow as pa

from babelmill.pipeline.corpus.corpus import Output, open_sound
from babelmill.pipeline.corpus.parquet_file import opened
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.explain.document import Story, story
from babelmill.pipeline.formatting.quantities import quantity
from babelmill.pipeline.show.html.markup import el
from babelmill.transforms.errors import ConfigError, nearest
from babelmill.transforms.files.storage import join
from babelmill.transforms.write.listed import ShardFile
from babelmill.transforms.write.manifest_file import Manifest

__all__ = ["Corpus", "open_corpus"]

_SHOWN_LANGUAGES = 30


class Corpus:
    """The corpus that a run has made; `open_corpus` opens one.

    Args:
        output: the run's output.
    """

    def __init__(self, output: Output) -> None:
        self._output = output

    @property
    def folder(self) -> str:
        """The output folder."""
        return self._output.folder

    @property
    def manifest(self) -> Manifest:
        """What manifest.json says: configuration, inputs, shards, tables, digests."""
        return self._output.manifest

    @property
    def totals(self) -> dict[str, int]:
        """`documents_read`, `documents`, `text_bytes`, `characters`, `tokens`, `shards`."""
        return asdict(self.manifest.totals)

    @property
    def ledger(self) -> pa.Table:
        """The account: stage, source, lang, outcome; docs, bytes, chars, tokens."""
        return self._output.table

    @property
    def shards(self) -> pa.Table:
        """One row a shard: path below the folder, lang, rows, text_bytes, tokens, file_bytes, sha256."""
        names = [field.name for field in fields(ShardFile)]
        return pa.table({name: [getattr(shard, name) for shard in self.manifest.shards] for name in names})

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that there are documents of, in the order of their codes."""
        return tuple(sorted({shard.lang for shard in self.manifest.shards}))

    def documents(self, lang: str | None = None, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the documents in the order of the shards, some at a time.

        Args:
            lang: of this language alone.
            columns: names of those that are read, such as `id`, `text`, `tokens`; None for all.

        Raises:
            ConfigError: if there is no such language or column.
            DamageError: if a shard cannot be read.
        """
        if lang is not None and lang not in self.languages:
            raise ConfigError("lang", f"no documents in {lang}{nearest(lang, self.languages)}")
        for shard in self.manifest.shards:
            if lang is not None and shard.lang != lang:
                continue
            with opened(join(self.folder, *shard.path.split("/"))) as file:
                for name in columns or ():
                    if name not in file.schema.names:
                        raise ConfigError("columns", f"no column {name}{nearest(name, file.schema.names)}")
                yield from file.batches(columns)

    def explain(self, id: str, scan: bool | None = None) -> Story:
        """Return what became of each document of an id, and why, as `babelmill why` does.

        Args:
            id: a document's, or `path#offset` of a record of the input.
            scan: read the input through for it; None does where that is quick or nothing else has the document.

        Raises:
            ConfigError: if there is no such document.
        """
        return story(self._output, id, scan)

    def verify(self) -> list[str]:
        """Recount everything; return what is wrong, a sentence each: nothing for a sound corpus."""
        return list(verify(self._output))

    def __repr__(self) -> str:
        totals = self.totals
        return (
            f"<Corpus {self.folder}: {totals['documents']:,} documents, {totals['tokens']:,} tokens, "
            f"{totals['shards']:,} shards>"
        )

    def _repr_html_(self) -> str:
        """Show the corpus in a notebook: its totals, and a row a language."""
        sums: dict[str, list[int]] = {}
        for shard in self.manifest.shards:
            row = sums.setdefault(shard.lang, [0, 0, 0])
            for place, name in enumerate(("rows", "text_bytes", "tokens")):
                row[place] += getattr(shard, name)
        most = sorted(sums.items(), key=lambda item: -item[1][2])
        rows = [
            el("tr", el("td", lang), el("td", f"{docs:,}"), el("td", quantity(size, "B")), el("td", f"{tokens:,}"))
            for lang, (docs, size, tokens) in most[:_SHOWN_LANGUAGES]
        ]
        if len(most) > _SHOWN_LANGUAGES:
            rows.append(el("tr", el("td", f"and {len(most) - _SHOWN_LANGUAGES:,} more", colspan=4)))
        head = el("tr", *(el("th", name) for name in ("language", "documents", "text", "tokens")))
        return str(el("div", el("p", repr(self)), el("table", head, *rows)))


def open_corpus(folder: str | Path) -> Corpus:
    """Open the corpus in a run's output folder, here or in an object store.

    Raises:
        ConfigError: if it is no finished run, or its manifest or ledger is damaged.
    """
    return Corpus(open_sound(str(folder)))
