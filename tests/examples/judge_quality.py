"""Keep what a profile keeps, and say why the rest goes: python tests/examples/judge_quality.py [options of Beam]"""

import sys

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from babelmill.beam import IdentifyLanguage, JudgeQuality, MeasureQuality

STORY = """It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want
of a wife. However little known the feelings or views of such a man may be on his first entering a
neighbourhood, this truth is so well fixed in the minds of the surrounding families, that he is considered
as the rightful property of some one or other of their daughters. "My dear Mr. Bennet," said his lady to him
one day, "have you heard that Netherfield Park is let at last?" Mr. Bennet replied that he had not. "But it
is," returned she; "for Mrs. Long has just been here, and she told me all about it." Mr. Bennet made no
answer."""
DOCUMENTS = [
    {"id": "story", "text": STORY},
    {"id": "menu", "text": "Home\nAbout us\nProducts\nContact\nHome\nAbout us\nProducts\nContact"},
    {"id": "short", "text": "You are what you eat, as people say."},
    {"id": "russian", "text": "Сегодня прекрасная погода, и мы пошли гулять в парк вместе со старыми друзьями."},
]

if __name__ == "__main__":
    with beam.Pipeline(options=PipelineOptions(sys.argv[1:])) as pipeline:
        judged = (
            pipeline
            | beam.Create(DOCUMENTS)
            | IdentifyLanguage()
            | MeasureQuality(languages=["en"])
            | JudgeQuality(languages=["en"], overrides={"en": {"n_words": {"at_least": 40}}})
        )
        judged.kept | beam.Map(lambda document: print("keep", document["id"]))
        judged.dropped | "Why" >> beam.Map(lambda document: print("drop", document["id"], document["reason"]))
