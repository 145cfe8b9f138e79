"""The files of one work item: written as its batches pass, and known by their digests.

staged documents, signatures      always
unreadable records (quarantine)   where there are any
dropped documents (audit)         where there are any, and the configuration wants them
"""

from collections.abc import Iterable
from contextlib import ExitStack
from types import TracebackType
from typing import IO, cast

import pyarrow as pa

from babelmill.transforms.dedup.signature_file import SignatureWriter
from babelmill.transforms.files.storage import creating, look, remove
from babelmill.transforms.read.records import QUARANTINE
from babelmill.transforms.work import WorkFolder
from babelmill.transforms.write.audit import AuditWriter
from babelmill.transforms.write.hashed import Hashed
from babelmill.transforms.write.listed import HashedFile
from babelmill.transforms.write.sidecars import ItemParts
from babelmill.transforms.write.staged import StagedWriter
from babelmill.transforms.write.tables import TableWriter, is_whole

__all__ = ["ItemFiles", "are_whole"]


class ItemFiles:
    """Write the files of a work item.

        with ItemFiles(work, number, schema, audit, partitions, exact) as files:
            files.add(batch, dropped)
            files.quarantine.add(table)
        files.parts

    Args:
        work: the run's work folder.
        number: the item's.
        schema: of the staged file.
        audit: schema of the dropped documents; None keeps none.
        partitions: of the signatures.
        exact: whether there are signatures of exact duplicates.
    """

    staged: StagedWriter
    signatures: SignatureWriter
    quarantine: TableWriter
    audit: AuditWriter | None = None
    parts: ItemParts
    """What was written, once the block has ended."""

    def __init__(
        self, work: WorkFolder, number: int, schema: pa.Schema, audit: pa.Schema | None, partitions: int, exact: bool
    ) -> None:
        self._paths, self._schema, self._audit = _paths(work, number), schema, audit
        self._partitions, self._exact = partitions, exact
        self._stack = ExitStack()

    def __enter__(self) -> "ItemFiles":
        with ExitStack() as stack:
            self._hashed = {
                name: Hashed(stack.enter_context(creating(self._paths[name]))) for name in ("staged", "signatures")
            }
            self.staged = stack.enter_context(StagedWriter(self._hashed["staged"].sink(), self._schema))
            records = cast(IO[bytes], self._hashed["signatures"])
            self.signatures = SignatureWriter(records, self._partitions, self._exact)
            self.quarantine = stack.enter_context(
                TableWriter(self._paths["quarantine"], QUARANTINE, optional=True, kind="table", name="quarantine")
            )
            if self._audit is not None:
                self.audit = stack.enter_context(AuditWriter(self._paths["audit"], self._audit))
            else:
                remove([self._paths["audit"]])
            self._stack = stack.pop_all()
        return self

    def add(self, batch: pa.RecordBatch, dropped: Iterable[pa.RecordBatch]) -> None:
        """Take a batch that passed the screen, and what was dropped on the way."""
        self.staged.add(batch)
        self.signatures.add(batch)
        if self.audit is not None:
            for part in dropped:
                self.audit.add(part)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if error is not None:
            self._stack.__exit__(kind, error, tb)
            return
        with self._stack:
            self.signatures.flush()
        staged, signatures = (HashedFile(file.size, file.sha256()) for file in self._hashed.values())
        audit = self.audit.part if self.audit else None
        self.parts = ItemParts(staged, signatures, self.quarantine.written, audit)


def are_whole(work: WorkFolder, number: int, parts: ItemParts) -> bool:
    """Say whether the files of an item are those that its sidecar lists, and no others.

    On this machine all are read once, for their SHA-256: that takes a hundredth of the time in which they were made,
    and what is damaged is made again. In a store their sizes decide: it keeps digests of its own.
    """
    there = parts.there()
    return all(
        is_whole(path, there[name]) if name in there else look(path) is None
        for name, path in _paths(work, number).items()
    )


def _paths(work: WorkFolder, number: int) -> dict[str, str]:
    return {
        "staged": work.staged(number),
        "signatures": work.signatures(number),
        "quarantine": work.quarantine(number),
        "audit": work.audit(number),
    }
