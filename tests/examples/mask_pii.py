"""Put placeholders in the place of personal data: python tests/examples/mask_pii.py [options of Beam]"""

import sys

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from babelmill.beam import MaskPii

DOCUMENTS = [
    {"url": "https://example.org/a", "body": "Write to ann@example.org or call +49 30 123456."},
    {"url": "https://example.org/b", "body": "Version 1.2.3 of 2024-05-06 has no such data."},
]

if __name__ == "__main__":
    with beam.Pipeline(options=PipelineOptions(sys.argv[1:])) as pipeline:
        masked = pipeline | beam.Create(DOCUMENTS) | MaskPii(kinds=["email", "phone"], text="body")
        masked.kept | beam.Map(lambda document: print(document["masked_email"], document["body"]))
