"""FindDuplicates: which documents of a PCollection are duplicates of which, and nothing else of them.

    documents ─ sign ─► parts ─ number ─► bands ─ find edges ─ (compare doubtful ones) ─ choose ─► name ─► duplicates

The graph of transforms/dedup, with the PCollection where a run has work items and staged files. What is shuffled of a
document: its id, 180 bytes of signature, and 48 bytes a band; of one in doubt its shingles; never its text.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple

import apache_beam as beam
from pydantic import AfterValidator, Field

from babelmill.pipeline.beam.doubts import AskForShingles, Compare, NameAsked, SendShingles
from babelmill.pipeline.beam.elements import Reads, from_key
from babelmill.pipeline.beam.numbering import NameKept, NameRemoved, NumberDocuments
from babelmill.pipeline.beam.options import FieldName, checked, given
from babelmill.pipeline.beam.outcome import Element, Rejected, kept_of
from babelmill.pipeline.beam.signing import OTHER, RANKED_BY, SignDocuments
from babelmill.transforms.dedup.choose import Choose
from babelmill.transforms.dedup.clusters import ClusterWay
from babelmill.transforms.dedup.deduplicate import FindEdges, homes_for
from babelmill.transforms.dedup.exchange import Packed
from babelmill.transforms.dedup.rank import Keep, KeepKey, check_keys
from babelmill.transforms.dedup.sign import PRESETS, Near, Sign
from babelmill.transforms.dedup.signature_file import EXACT_SHARE

__all__ = ["Duplicates", "FindDuplicates", "Verdict", "Verdicts"]

_Packed = tuple[int, bytes]
Verdict = tuple[str, tuple[str, str, float | None]]
"""Key of a removed document → key of the one kept in its place, reason, similarity."""
_PARTITION_RECORDS = 1_400_000
"""As a run plans them (pipeline/job/plan.py)."""
_PART_DOCUMENTS = 1 << 16
_MOST_PARTITIONS, _MOST_PARTS = 1 << 14, 1 << 20


class Duplicates(NamedTuple):
    """What FindDuplicates gives: two PCollections.

    `found`: `{"id", "duplicate_of", "reason", "similarity"}` of each duplicate; `reason` is `duplicate/exact` or
    `duplicate/near`, `similarity` the verified Jaccard similarity of near ones and None of exact ones.

    `rejected`: as in an Outcome; of an id that several documents have, `{"id": …}` once, and none of them is compared.
    """

    found: beam.PCollection
    rejected: beam.PCollection


class Verdicts(NamedTuple):
    """What the graph gives: `verdicts`: Verdict of each removed document. `documents`: (key, document) of all that can
    be read. `unreadable`, `repeated`: what is rejected."""

    verdicts: beam.PCollection
    documents: beam.PCollection
    unreadable: beam.PCollection
    repeated: beam.PCollection


class FindDuplicates(beam.PTransform):  # type: ignore[misc]
    """Documents → Duplicates. The documents are gone through twice where `near.doubt` is not 0, and never shuffled.

        documents | FindDuplicates(near="thorough", keep=["newest", "length"])

    The result is the same whatever the bundles, the workers and `documents`. Each window is deduplicated by itself.

    Args:
        near: `default`, `thorough`, None for exact duplicates alone, or a dict of what differs from the default
            (transforms/dedup/sign.py): `ngram`, `bands`, `rows`, `verify`, `doubt`, `leaders`, `fold_hant`.
        exact: whether equal texts are duplicates.
        keep: which of equals is kept, most important first: `source_rank`, `quality`, `length`, `newest`; where all are
            equal, the first by a hash of the id. They read the fields `source`, `quality` (0 to 1), the text and `date`
            (a date, or ISO 8601); a document that lacks one is worse by it than all that have it.
        sources: for `source_rank`, the best first.
        cluster: `greedy` removes a document only for one that was compared with it; `transitive` keeps the best of
            all that hang together.
        seed: of the hash functions.
        documents: about how many there are: into how many parts the work is cut.
        text: the field of the text.
        id: the field of the id, a text or a whole number of 64 bits, which no two documents share.

    Raises:
        ConfigError: if an argument is not right.
    """

    def __init__(
        self,
        near: str | dict[str, Any] | Near | None = "default",
        exact: bool = True,
        keep: Sequence[KeepKey] = ("length",),
        sources: Sequence[str] = (),
        cluster: ClusterWay = "greedy",
        seed: int = 0,
        documents: int = 1_000_000,
        text: str = "text",
        id: str = "id",
    ) -> None:
        super().__init__()
        self._name = type(self).__name__
        self._near = self._checked_near(near)
        by, names, self._way, seed, count, self._text, self._id, self._exact = given(
            self._name,
            keep=(Annotated[tuple[KeepKey, ...], AfterValidator(check_keys)], keep),
            sources=(Annotated[tuple[FieldName, ...], Field(max_length=63)], sources),
            cluster=(ClusterWay, cluster),
            seed=(Annotated[int, Field(ge=0, lt=1 << 63)], seed),
            documents=(Annotated[int, Field(ge=1)], documents),
            text=(FieldName, text),
            id=(FieldName, id),
            exact=(bool, exact),
        )
        self._keep = Keep(by, (*names, OTHER))
        self._sign = Sign(self._keep, self._near, seed)
        self._parts = min(-(-count // _PART_DOCUMENTS), _MOST_PARTS)
        records = count * max(EXACT_SHARE, self._near.bands if self._near else 0)
        self._partitions = min(-(-records // _PARTITION_RECORDS), _MOST_PARTITIONS)

    def _checked_near(self, near: Any) -> Near | None:
        if isinstance(near, str):
            near = PRESETS[checked(f"{self._name}.near", Literal["default", "thorough"], near)]
        found: Near | None = checked(f"{self._name}.near", Near | None, near)
        return found

    @property
    def _reads(self) -> Reads:
        """What is read of a document to sign it."""
        fields = [RANKED_BY[key] for key in self._keep.by if key in RANKED_BY]
        columns = {field.name: field for field in fields}
        return Reads(self._text, columns, optional=tuple(columns), id=self._id)

    def verdicts(self, documents: beam.PCollection, whole: bool) -> Verdicts:
        """Return the verdicts on documents, and the documents themselves if they are wanted whole."""
        homes = homes_for(self._partitions)
        sign = SignDocuments(self._reads, self._keep, self._sign, self._parts, whole)
        signed = documents | "Sign" >> _do(
            sign, _Packed, documents=tuple[str, dict[str, Any]], rejected=Rejected
        ).with_input_types(Element).with_outputs("documents", "rejected", main="signed")
        known = (
            signed.signed
            | "Meet in parts" >> beam.GroupByKey()
            | "Number"
            >> _do(
                NumberDocuments(self._sign, self._partitions, self._exact), _Packed, records=_Packed, repeated=Rejected
            ).with_outputs("records", "repeated", main="numbered")
        )
        # Records travel in the messages themselves, so there is no work folder to look into.
        find = FindEdges(Packed(), self._near, self._partitions, homes, 1 << 20)
        found = (
            known.records
            | "Meet in bands" >> beam.GroupByKey()
            | "Find edges"
            >> _do(find, _Packed, notes=_Packed, doubtful=_Packed).with_outputs("notes", "doubtful", main="edges")
        )
        edges = found.edges
        if self._near and self._near.doubt:
            compared = self._compared(documents, known.numbered, found.doubtful, self._near, homes)
            edges = (edges, compared) | "All edges" >> beam.Flatten()
        chosen = edges | "Choose" >> Choose(self._way, homes)
        named = (
            {"numbered": known.numbered, "verdicts": chosen}
            | "Meet in the parts of the kept" >> beam.CoGroupByKey()
            | "Name the kept" >> _do(NameKept(), _Packed)
        )
        verdicts = (
            {"numbered": known.numbered, "named": named}
            | "Meet in the parts of the removed" >> beam.CoGroupByKey()
            | "Name the removed" >> _do(NameRemoved(), Verdict)
        )
        return Verdicts(verdicts, signed.documents, signed.rejected, known.repeated)

    def _compared(
        self,
        documents: beam.PCollection,
        numbered: beam.PCollection,
        doubtful: beam.PCollection,
        near: Near,
        homes: int,
    ) -> beam.PCollection:
        """Return the doubtful edges that hold."""
        asked = doubtful | "Ask for shingles" >> _do(AskForShingles(), _Packed, asked=_Packed).with_outputs(
            "asked", main="edges"
        )
        wanted = (
            {"numbered": numbered, "asked": asked.asked}
            | "Meet in the parts of those in doubt" >> beam.CoGroupByKey()
            | "Name those in doubt" >> _do(NameAsked(), bytes)
        )
        # Read as when they were signed: what was rejected there may have the id of a document that was not.
        send = SendShingles(self._reads, near)
        shingles = documents | "Send shingles" >> beam.ParDo(send, beam.pvalue.AsList(wanted)).with_output_types(
            _Packed
        )
        return (
            {"edges": asked.edges, "shingles": shingles}
            | "Meet to be compared" >> beam.CoGroupByKey()
            | "Compare" >> _do(Compare(near, homes), _Packed)
        )

    def expand(self, documents: Any) -> Any:
        """Join the stages; Beam has no annotation for Duplicates."""
        graph = self.verdicts(kept_of(documents), whole=False)
        found = graph.verdicts | "Found" >> beam.Map(_plain).with_output_types(dict[str, Any])
        return Duplicates(found, (graph.unreadable, graph.repeated) | "All rejected" >> beam.Flatten())


def _do(work: beam.DoFn, main: Any, **tagged: Any) -> beam.ParDo:
    """Return a ParDo whose outputs are all typed."""
    return beam.ParDo(work).with_output_types(main, **tagged)


def _plain(verdict: Verdict) -> dict[str, Any]:
    key, (kept, reason, similarity) = verdict
    return {"id": from_key(key), "duplicate_of": from_key(kept), "reason": reason, "similarity": similarity}
