"""Keep one document of each set of near-duplicates: python tests/examples/deduplicate.py [options of Beam]"""

import sys

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from babelmill.beam import Deduplicate

TALE = "Once upon a time there was a miller who had three sons, a mill, a donkey and a cat, and they worked every day"
WORDS = TALE.split()
DOCUMENTS = [
    {"id": "tale", "text": " ".join(WORDS)},
    {"id": "edited", "text": " ".join([*WORDS[:-1], "single", "day", "of", "the", "year"])},
    {"id": "again", "text": " ".join(WORDS)},
    {"id": "other", "text": " ".join(reversed(WORDS))},
]

if __name__ == "__main__":
    with beam.Pipeline(options=PipelineOptions(sys.argv[1:])) as pipeline:
        found = pipeline | beam.Create(DOCUMENTS) | Deduplicate(near={"verify": 0.7}, keep=["length"])
        found.kept | beam.Map(lambda document: print("keep", document["id"]))
        found.dropped | "Why" >> beam.Map(
            lambda document: print("drop", document["id"], document["reason"], "of", document["duplicate_of"])
        )
