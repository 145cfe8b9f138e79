"""Deduplicate: a PCollection without its duplicates, which go where their reasons are.

    documents ─┬─ FindDuplicates ─► (id, verdict) ─┐
               └─ by id ──────────────────────────┴─ Settle ─► kept, dropped, rejected

Here the documents themselves cross a shuffle, once, to meet their verdicts. Where that is too much, FindDuplicates
gives the verdicts alone, and the next reading of the documents can leave them out.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput

from babelmill.pipeline.beam.duplicates import FindDuplicates
from babelmill.pipeline.beam.elements import Reads, from_key
from babelmill.pipeline.beam.outcome import Outcome, Rejected, kept_of, outcome, rejected

__all__ = ["Deduplicate"]

_Document = dict[str, Any]
_ADDS = ("duplicate_of", "reason", "similarity")


class _Settle(beam.DoFn):  # type: ignore[misc]
    """(key, {documents, verdicts}) → the document, tagged `kept`, `dropped` or `rejected`."""

    def process(self, element: tuple[str, dict[str, Iterable[Any]]]) -> Iterator[object]:
        """Settle what becomes of the document, or of all that share its id."""
        documents, verdicts = (list(element[1][name]) for name in ("documents", "verdicts"))
        if len(documents) > 1:
            for document in documents:
                yield TaggedOutput("rejected", rejected(document, "dedup", "id/repeated"))
            return
        for document in documents:
            if not verdicts:
                yield TaggedOutput("kept", document)
                continue
            kept, reason, similarity = verdicts[0]
            found = (from_key(kept), reason, similarity)
            yield TaggedOutput("dropped", {**document, **dict(zip(_ADDS, found, strict=True))})


class Deduplicate(FindDuplicates):
    """Documents → Outcome: of each set of duplicates one is kept, the others are dropped.

        documents | Deduplicate(keep=["quality", "length"])

    What is dropped has `duplicate_of` (the id of the document that was kept), a `reason` (`duplicate/exact` or
    `duplicate/near`) and a `similarity`. Rows of a RecordBatch come back as dicts. All documents of an id that several
    have are rejected (`id/repeated`). The arguments, and what is the same whatever they are, are FindDuplicates's.
    """

    @property
    def _reads(self) -> Reads:
        return super()._reads._replace(adds=_ADDS)

    def expand(self, documents: Any) -> Any:
        """Bring the documents together with what was found of them."""
        found = self.verdicts(kept_of(documents), whole=True)
        typed = beam.ParDo(_Settle()).with_output_types(_Document, kept=_Document, dropped=_Document, rejected=Rejected)
        settled = (
            {"documents": found.documents, "verdicts": found.verdicts}
            | "Meet their verdicts" >> beam.CoGroupByKey()
            | "Settle" >> typed.with_outputs(*Outcome._fields)
        )
        wrong = (found.unreadable, settled.rejected) | "All wrong" >> beam.Flatten()
        return outcome(documents, settled.kept, settled.dropped, wrong)
