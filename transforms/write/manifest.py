"""Commit: the manifest. Written last, and whole or not at all; readers trust only what it lists."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import NamedTuple

import apache_beam as beam
import orjson
import pyarrow as pa

from babelmill.transforms.costs import FIXED, fixed_part
from babelmill.transforms.errors import EmptyError, LawError, RejectedError
from babelmill.transforms.files.removal import remove_below
from babelmill.transforms.files.storage import exists, join, publish, read_bytes, remove, write_bytes
from babelmill.transforms.files.temporaries import named_finally
from babelmill.transforms.ledger import LEDGER, Tally, check_laws
from babelmill.transforms.statistics.distinct import DISTINCT
from babelmill.transforms.statistics.histograms import STATISTICS
from babelmill.transforms.statistics.samples import SAMPLES
from babelmill.transforms.unknown import too_much_lost as too_much_unknown
from babelmill.transforms.work import WorkFolder
from babelmill.transforms.write.accounts import Accounts, ItemAccount, ShardAccount
from babelmill.transforms.write.audit import broken_audit
from babelmill.transforms.write.audit_list import AUDIT_LIST, AuditPart, dump_audit_list
from babelmill.transforms.write.listed import AuditSum, TableFile, broken_shards
from babelmill.transforms.write.manifest_file import MANIFEST, Index, Manifest, RunIdentity, dump_manifest, totals
from babelmill.transforms.write.owned import NOBODY, OUTPUTS, listed_by, ours_on_disk, read_owned
from babelmill.transforms.write.put_back import put_back
from babelmill.transforms.write.rejected import too_much_lost
from babelmill.transforms.write.samples import sample_table
from babelmill.transforms.write.strata import STRATA, broken_strata
from babelmill.transforms.write.tables import read_parts, write_table

__all__ = ["Commit", "Terms"]


class Terms(NamedTuple):
    """What a run promised before it began.

    `identity` is what stands in the manifest of configuration, code, models and tokenizer; `removals`, `superseded` and
    `quarantine` are the schemas of the tables; `index_parameters` what another run must share to use the index;
    `old_items` the numbers of the files that this one took up; `thresholds` is a table, of what every signal must be in
    every language; `cards` makes files for people of the manifest, the ledger, and what stands in the file already:
    name → content, None to leave the file as it is; `audit` whether dropped documents are kept.
    """

    output: str
    work: WorkFolder
    identity: RunIdentity
    max_rejected_ratio: float
    max_unknown_ratio: float
    removals: pa.Schema
    superseded: pa.Schema
    quarantine: pa.Schema
    index_parameters: Mapping[str, object]
    old_items: range
    thresholds: pa.Table
    cards: Mapping[str, Callable[[Manifest, Tally, str | None], str | None]]
    audit: bool


class Commit(beam.DoFn):  # type: ignore[misc]
    """(0, messages of items and shards, of ledger rows, strata, statistics, costs and notes) → the manifest's path.

    Checks the laws, merges removals and quarantine in input order, writes the tables, removes what earlier runs wrote
    and this one did not, and writes the cards and the manifest. `superseded` are documents of earlier runs for which
    new ones were kept.

    Raises:
        LawError: if the account does not add up.
        RejectedError: if too many records, or too many bytes of the input, were unreadable, or the tokenizer has no
            token for too much of a language.
        EmptyError: if no document was kept, and the output has a corpus of an earlier run: that stays as it was.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[str]:
        """Commit the run."""
        terms = self._terms
        terms.work.check_current()
        found = Accounts(element[1])
        shards = tuple(account.shard for account in found.shards)
        check_laws(found.tally, found.records)
        if not shards and (documents := put_back(terms.work)):
            raise EmptyError(
                f"no document was kept, and {terms.output} has {documents:,} of an earlier run: they stay as "
                "they are; choose another output, or remove that one first"
            )
        if broken := [*broken_shards(shards, found.tally), *broken_strata(found.strata, found.tally)]:
            raise LawError("the shards do not add up:\n  " + "\n  ".join(broken))
        tables = self._tables(found)
        self._check_rejected(found)
        index = tuple(account.index for account in found.shards if account.index)
        manifest = Manifest(
            **{one.name: getattr(terms.identity, one.name) for one in fields(terms.identity)},
            totals=totals(found.tally, len(shards)),
            inputs=found.inputs,
            shards=shards,
            tables=tables,
            index=Index(terms.index_parameters, index) if index else None,
            audit=_audit(found) if terms.audit else None,
            notes=dict(sorted(found.notes.items())),
        )
        audited = _audit_parts(found.items, terms.work)
        self._remove_earlier({*listed_by(manifest), AUDIT_LIST, *(part.path for part in audited)})
        write_bytes(join(terms.output, *AUDIT_LIST.split("/")), dump_audit_list(audited))
        for name, card in terms.cards.items():
            _write_card(join(terms.output, name), partial(card, manifest, found.tally))
        sums = {"items": len(found.items), **found.costs.sums, **_fixed(found.shards)}
        write_bytes(terms.work.costs, orjson.dumps(sums, option=orjson.OPT_INDENT_2))
        path = join(terms.output, MANIFEST)
        terms.work.check_current()
        publish(path, dump_manifest(manifest))
        remove([terms.work.taken_back])
        yield path

    def _tables(self, found: Accounts) -> dict[str, TableFile]:
        """Write the tables beside the shards."""
        terms, numbers = self._terms, [account.item for account in found.items]
        tables = {
            "removals": self._table("removals", terms.removals, read_parts(map(terms.work.removals, numbers))),
            "quarantine": self._table("quarantine", terms.quarantine, read_parts(map(terms.work.quarantine, numbers))),
            "ledger": self._table("ledger", LEDGER, [found.tally.table()]),
            "tokens": self._table("tokens", STRATA, [found.strata.table()]),
            "statistics": self._table("statistics", STATISTICS, [found.statistics.histograms.table()]),
            "samples": self._table("samples", SAMPLES, [sample_table(found.statistics.samples, terms.work)]),
            "urls": self._table("urls", DISTINCT, [found.statistics.urls.table()]),
            "thresholds": self._table("thresholds", terms.thresholds.schema, [terms.thresholds]),
        }
        if terms.old_items:
            parts = read_parts(map(terms.work.removals, terms.old_items))
            tables["superseded"] = self._table("superseded", terms.superseded, parts)
        return tables

    def _table(self, name: str, schema: pa.Schema, parts: Iterable[pa.Table]) -> TableFile:
        return write_table(join(self._terms.output, f"{name}.parquet"), schema, parts)

    def _check_rejected(self, found: Accounts) -> None:
        """Raise if more of the input was unreadable, or more of a language has no token, than allowed."""
        path = join(self._terms.output, "quarantine.parquet")
        told = too_much_lost(found.tally, found.inputs, self._terms.max_rejected_ratio, path)
        if not told and (unknown := too_much_unknown(found.tally.rows(), self._terms.max_unknown_ratio)):
            told = (
                f"unknown tokens, and characters without a token: {unknown}; more than tokens.max_unknown_ratio "
                f"{self._terms.max_unknown_ratio:g} allows for a language"
            )
        if told:
            write_bytes(self._terms.work.refused, told.encode(errors="surrogateescape"))
            raise RejectedError(told)

    def _remove_earlier(self, listed: set[str]) -> None:
        """Remove what is ours and not this run's: readers of the hive folders take every file that is there."""
        output = self._terms.output
        owned = read_owned(output) or NOBODY
        found = (path for path in ours_on_disk(output, owned, OUTPUTS) if not named_finally(path))
        remove_below(output, [path for path in found if path not in listed])


def _audit_parts(items: Iterable[ItemAccount], work: WorkFolder) -> list[AuditPart]:
    """Return the parts of the audit, in input order."""
    parts = [(work.audit_part(item.item), item.audit) for item in items]
    return [AuditPart(path, part.file_bytes, part.sha256, part.rows) for path, part in parts if part]


def _audit(found: Accounts) -> AuditSum:
    """Return the sum of the audit's parts.

    Raises:
        LawError: if that is not what the ledger says was dropped before deduplication.
    """
    total = AuditSum()
    for part in (item.audit for item in found.items if item.audit):
        total = total.plus(part)
    if broken := broken_audit(total, found.tally):
        raise LawError("the audit does not add up:\n  " + "\n  ".join(broken))
    return total


def _write_card(path: str, card: Callable[[str | None], str | None]) -> None:
    """Write a file for people; what is there already decides what becomes of it."""
    content = card(read_bytes(path).decode(errors="surrogateescape") if exists(path) else None)
    if content is not None:
        write_bytes(path, content.encode(errors="surrogateescape"))


def _fixed(shards: Sequence[ShardAccount]) -> dict[str, float]:
    """Return the part of each of the shards' costs that does not depend on a shard's size."""
    names = {name for account in shards for name in account.costs}
    sizes = [account.shard.text_bytes for account in shards]
    return {
        FIXED + name: fixed_part(sizes, [account.costs.get(name, 0.0) for account in shards]) for name in sorted(names)
    }
