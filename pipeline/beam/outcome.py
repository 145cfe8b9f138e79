"""Outcome: what every transform of this room returns, and what the next one takes.

    documents | IdentifyLanguage() | MaskPii()     the second takes what the first kept
                                                   and hands on what the first rejected

Every document that goes in comes out in exactly one of the three.
"""

from typing import Any, NamedTuple, TypeAlias

import apache_beam as beam
import pyarrow as pa

__all__ = ["Element", "Outcome", "Rejected", "kept_of", "outcome", "rejected"]

Element: TypeAlias = dict[str, Any] | pa.RecordBatch
"""A document, or a batch of them."""
Rejected: TypeAlias = dict[str, Any]


class Outcome(NamedTuple):
    """What became of the documents: three PCollections.

    `kept`: documents, with the fields that were added. It is what a transform of another library takes.

    `dropped`: documents that a rule, or deduplication, gives a `reason` for; with that field added.

    `rejected`: what no step can work on, as it came: `{"element": …, "stage": …, "reason": "text/missing"}`. A row of
    a RecordBatch is a dict here.
    """

    kept: beam.PCollection
    dropped: beam.PCollection
    rejected: beam.PCollection


def rejected(element: object, stage: str, reason: str) -> Rejected:
    """Return what `Outcome.rejected` has of one element; lone surrogates are written out, for Beam encodes none.

    >>> rejected({"text": "a" + chr(0xD800)}, "language", "text/lone_surrogate")["element"]
    {'text': 'a\\\\ud800'}
    """
    return {"element": _encodable(element), "stage": stage, "reason": reason}


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_encodable(inner) for inner in value]
    return value


def kept_of(documents: Any) -> beam.PCollection:
    """Return the documents to work on: a PCollection itself, or what the transform before has kept."""
    return documents.kept if isinstance(documents, Outcome) else documents


def outcome(before: Any, kept: beam.PCollection, dropped: beam.PCollection, rejected: beam.PCollection) -> Outcome:
    """Return the outcome of a transform, with what the transforms before it dropped and rejected.

    Args:
        before: what the transform was applied to: a PCollection, or an Outcome.
        kept: of this transform, like the others.
        dropped: documents with a reason.
        rejected: what it could not work on.
    """
    if not isinstance(before, Outcome):
        return Outcome(kept, dropped, rejected)
    return Outcome(
        kept,
        (before.dropped, dropped) | "All dropped" >> beam.Flatten(),
        (before.rejected, rejected) | "All rejected" >> beam.Flatten(),
    )
