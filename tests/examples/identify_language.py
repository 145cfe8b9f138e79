"""Say which language each document is in: python tests/examples/identify_language.py [options of Beam]"""

import sys

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from babelmill.beam import IdentifyLanguage

DOCUMENTS = [
    {"id": 1, "text": "The quick brown fox jumps over the lazy dog, and then it rests in the shade."},
    {"id": 2, "text": "今天的天气很好,我们一起去公园散步。路上遇到了一位老朋友,大家聊了很久才回家。"},
    {"id": 3, "text": "Vejret er rigtig dejligt i dag, og derfor gik vi en lang tur i parken sammen."},
    {"id": 4, "text": None},
]

if __name__ == "__main__":
    with beam.Pipeline(options=PipelineOptions(sys.argv[1:])) as pipeline:
        found = pipeline | beam.Create(DOCUMENTS) | IdentifyLanguage()
        found.kept | beam.Map(lambda document: print(document["id"], document["lang"], document["script"]))
        found.rejected | "Bad" >> beam.Map(lambda bad: print(bad["element"]["id"], bad["reason"]))
