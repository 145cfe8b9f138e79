"""Findings: what the screening says of each document of a file, without dropping any of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from babelmill.pipeline.config.model import Config
from babelmill.pipeline.config.own_steps import load_formats
from babelmill.pipeline.corpus.parquet_file import opened
from babelmill.pipeline.job.stages import make_screening
from babelmill.transforms.documents import LANG, READ, documents
from babelmill.transforms.errors import ConfigError, DamageError
from babelmill.transforms.files.storage import FoundFile
from babelmill.transforms.ledger import Tally
from babelmill.transforms.pii.mask import Mask, Masking
from babelmill.transforms.quality.rules import Bounds, Within
from babelmill.transforms.read.formats import Formats
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.parquet import PARQUET
from babelmill.transforms.read.reader import Reading
from babelmill.transforms.read.records import Reject, admit
from babelmill.transforms.read.sources import Source, list_files
from babelmill.transforms.read.work_items import work_items
from babelmill.transforms.stages import Book, Judge, Step
from babelmill.transforms.text.visible import quote

__all__ = ["Finding", "findings", "judged"]

_PLAIN = (".txt", ".md", ".text")
_HEAD_CHARS = 60


class Finding(NamedTuple):
    """One document: its `id`, how it begins, every column that was measured, and why it falls."""

    id: str
    head: str
    values: dict[str, Any]
    """Column → value, in the order of measuring: `lang`, `lang_score`, the signals."""
    bounds: dict[str, Bounds]
    """Signal → the bounds for this document's language, where there are any."""
    reasons: dict[str, str]
    """Signal (or `lang`) → the reason that it gives; empty for a document that is kept. In a run the first counts."""

    @property
    def verdict(self) -> str:
        """What a run would book: the first reason, or `kept`."""
        return next(iter(self.reasons.values()), "kept")


def findings(config: Config, lang: str | None = None) -> Iterator[Finding]:
    """Yield a finding for each document of the configuration's input, in input order.

    Args:
        config: its first source's files are read; one with the ending .txt or .md is one document.
        lang: take every document for this language instead of identifying it.

    Raises:
        ConfigError: for a wrong configuration, or a language that is none of it.
    """
    if lang is not None and lang not in config.wanted:
        raise ConfigError("--lang", f"{quote(lang)} is none of the languages {', '.join(config.wanted)}")
    steps = make_screening(config).steps
    for batch in _batches(config):
        yield from judged(batch, steps, lang)


def _batches(config: Config) -> Iterator[pa.RecordBatch]:
    [source] = config.input
    mask = Masking(Mask(config.pii.mask), Tally())
    if all(path.endswith(_PLAIN) for path in source.globs):
        records = [_plain(path) for path in source.globs]
        yield mask(documents([text for _, text in records], source=source.source, ids=[path for path, _ in records]))
        return
    files, formats = list(list_files([source])), load_formats(config.read.formats)
    formats.check("input.0.format", source)
    for _, _, file in files:
        _check(source, file, formats)
    for item in work_items(files, config.work.item_bytes, formats):
        yield from Reading(item, source, config.limits, mask, formats=formats).batches(Tally())


def _check(source: Source, file: FoundFile, formats: Formats) -> None:
    """Refuse a Parquet file of millions of rows in a few bytes: one unreadable record after the other.

    Raises:
        ConfigError: if it is one.
    """
    if file.size <= 0 or formats.of(source, file.path) is not PARQUET:
        return
    try:
        with opened(file.path) as table:
            table.check_size([name for names in source.fields.values() for name in names])
    except DamageError as error:
        raise ConfigError("FILE", str(error)) from error


def _plain(path: str) -> tuple[str, str]:
    try:
        found = admit(0, Path(path).read_bytes().decode(), None, None, None, b"", Limits())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("FILE", f"cannot read {path}: {error}") from error
    if isinstance(found, Reject):
        raise ConfigError("FILE", f"{path}: {found.error}")
    return path, found.text


def judged(batch: pa.RecordBatch, steps: tuple[Step, ...], lang: str | None = None) -> Iterator[Finding]:
    """Yield a finding for each document of a batch.

    Args:
        batch: of READ.
        steps: of the screening.
        lang: take every document for this language instead of identifying it.
    """
    reasons: list[dict[str, str]] = [{} for _ in range(batch.num_rows)]
    bounds: dict[str, Within] = {}
    for step in steps:
        if isinstance(step, Judge):
            for rule in step.rules:
                signal = rule.signal if isinstance(rule, Within) else "lang"
                for row, reason in enumerate(rule(batch).to_pylist()):
                    if reason is not None:
                        reasons[row][signal] = reason
                if isinstance(rule, Within):
                    bounds[rule.signal] = rule
        else:
            batch = step(batch, Book())
            batch = batch if lang is None else _said(batch, lang)
    names = [name for name in batch.schema.names if name not in READ.names or name == "n_chars"]
    for row, values in enumerate(batch.select(names).to_pylist()):
        source = batch["source"][row].as_py()
        of_lang = {signal: rule.of(source, values["lang"]) for signal, rule in bounds.items()}
        head = " ".join(batch["text"][row].as_py()[: 4 * _HEAD_CHARS].split())[:_HEAD_CHARS]
        yield Finding(batch["id"][row].as_py(), head, values, of_lang, reasons[row])


def _said(batch: pa.RecordBatch, lang: str) -> pa.RecordBatch:
    """Return the batch with its language as the user says."""
    said = {
        "lang": pa.array([lang] * batch.num_rows).dictionary_encode().cast(LANG),
        "lang_score": pa.array([1.0] * batch.num_rows, pa.float32()),
    }
    for name, column in said.items():
        place = batch.schema.get_field_index(name)
        batch = batch.set_column(place, batch.schema.field(place), column)
    return batch
