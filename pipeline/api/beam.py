"""Babelmill's steps as Apache Beam PTransforms, for pipelines of one's own.

    from babelmill.beam import Deduplicate, IdentifyLanguage, JudgeQuality, MaskPii, MeasureQuality, Tokenize

    found = documents | IdentifyLanguage() | MaskPii() | MeasureQuality() | JudgeQuality() | Deduplicate()
    found.kept, found.dropped, found.rejected

Documents are dicts with a `text`, or `pyarrow.RecordBatch`es of them. These names are all that other code may count on.
"""

from babelmill.pipeline.beam.deduplicate import Deduplicate
from babelmill.pipeline.beam.duplicates import Duplicates, FindDuplicates
from babelmill.pipeline.beam.language import IdentifyLanguage
from babelmill.pipeline.beam.outcome import Outcome
from babelmill.pipeline.beam.pii import MaskPii
from babelmill.pipeline.beam.quality import JudgeQuality, MeasureQuality
from babelmill.pipeline.beam.tokens import Tokenize

__all__ = [
    "Deduplicate",
    "Duplicates",
    "FindDuplicates",
    "IdentifyLanguage",
    "JudgeQuality",
    "MaskPii",
    "MeasureQuality",
    "Outcome",
    "Tokenize",
]
