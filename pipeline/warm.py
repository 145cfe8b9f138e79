"""Warm: have every kernel compiled and every model loaded before there is work.

An image is warmed when it is built (`babelmill warm`), so that no worker compiles; a worker warms itself in its start,
so that loading is not taken for work.
"""

import tempfile
from collections.abc import Sequence

import orjson

from transforms.documents import documents
from transforms.stages import Book, Step
from transforms.storage import join, write_bytes

__all__ = ["warm_job", "warm_steps"]

_TEXTS = (
    "The quick brown fox jumps over the lazy dog, and then it rests in the shade of an old tree for a while.",
    "今天的天气很好,我们一起去公园散步。路上遇到了一位老朋友,大家聊了很久才回家。",
    "今日はとても良い天気なので、みんなで公園を散歩しました。",
    "Сегодня прекрасная погода, и мы пошли гулять в парк вместе со старыми друзьями.",
    "الطقس جميل اليوم وقد ذهبنا إلى الحديقة مع أصدقائنا القدامى لنتحدث قليلا.",
    "Vejret er rigtig dejligt i dag, og derfor gik vi en lang tur i parken sammen.",
    "0 1 2 3",
)
"""Of several scripts, one of two near languages, and one that is of none: each asks another part of the models."""


def warm_steps(steps: Sequence[Step], source: str) -> None:
    """Pass a few documents through the screen's stages, as if they came from a source of the run."""
    count = len(_TEXTS)
    batch = documents(
        list(_TEXTS),
        source=source,
        ids=[str(number) for number in range(count)],
        urls=[None] * count,
        places=list(range(count)),
    )
    book = Book()
    for step in steps:
        batch = step(batch, book)


def warm_job() -> None:
    """Run the whole job on a few documents, once judged and once not, so that some reach the shards."""
    from pipeline.configfile import load_config
    from pipeline.plan import make_plan
    from pipeline.profiles import packaged
    from pipeline.runners import execute, prepare

    with tempfile.TemporaryDirectory() as folder:
        path = join(folder, "warm.jsonl")
        lines = (orjson.dumps({"text": text + "\n" * copy}) + b"\n" for text in _TEXTS for copy in range(3))
        write_bytes(path, b"".join(lines))
        for quality in ("on", "off"):
            settings = [f"input=[{{source: warm, files: {path}}}]", f"output={join(folder, quality)}"]
            settings += ["quality=off"] if quality == "off" else []
            plan = make_plan(load_config(packaged("", "local.yaml"), settings))
            prepare(plan)
            execute(plan)
