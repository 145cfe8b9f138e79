"""Measure documents, to plot or to choose thresholds: python tests/examples/measure_quality.py [options of Beam]"""

import sys

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from babelmill.beam import MeasureQuality

DOCUMENTS = [
    {"id": "prose", "lang": "en", "text": "It was the best of times, it was the worst of times.\nSo it began."},
    {"id": "list", "lang": "en", "text": "- apples\n- pears\n- plums\n- plums"},
]
SIGNALS = ("n_words", "q_stop_words", "q_bullet_lines_ratio", "q_dup_lines_ratio")

if __name__ == "__main__":
    with beam.Pipeline(options=PipelineOptions(sys.argv[1:])) as pipeline:
        measured = pipeline | beam.Create(DOCUMENTS) | MeasureQuality(languages=["en"])
        measured.kept | beam.Map(lambda document: print(document["id"], [document[name] for name in SIGNALS]))
