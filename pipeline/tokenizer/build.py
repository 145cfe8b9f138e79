"""Build a tokenizer: sample a corpus, grow the base, audit what came out. Nothing is written here."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

import orjson
import pyarrow as pa

from babelmill.pipeline.corpus.corpus import Output
from babelmill.pipeline.corpus.parquet_file import opened
from babelmill.pipeline.job.fields import look_at_fields
from babelmill.transforms.errors import ConfigError, LawError
from babelmill.transforms.files.storage import join
from babelmill.transforms.ledger import Tally
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.reader import Reading
from babelmill.transforms.read.sources import Source, list_files
from babelmill.transforms.read.work_items import work_items
from babelmill.transforms.text.visible import quote
from babelmill.transforms.tokens.train.audit import Audit, Growth, Rate, audit, growth, rate
from babelmill.transforms.tokens.train.base import engine, read_base
from babelmill.transforms.tokens.train.grow import CHINESE, OTHERS, Learned, count_words, grow, room
from babelmill.transforms.tokens.train.sample import Sampler

__all__ = ["Built", "Measured", "Recipe", "build", "columns_of_files", "columns_of_run"]

_ZH = "zh"
_HELD_BYTES = 1_000_000
"""Of text a language to measure on."""
_SPREAD = 8
"""So many times the text that is wanted is read of a run, to choose from: a sample of few row groups would be of few
windows of the input."""
_ITEM_BYTES = 1 << 28


class Recipe(NamedTuple):
    """What to build."""

    base: str
    """Path of a tokenizer.json or a rank file."""
    size: int = 150_000
    """Of the vocabulary: GLM-4's."""
    chinese: int | None = None
    """New tokens that are learned on Chinese; None is half."""
    sample_bytes: int = 100_000_000
    """Of text that Chinese is learned on; the other languages share as much, each the same."""
    least: int = 2
    """A pair has to occur so often to become a token."""
    seed: int = 0
    pattern: str | None = None
    """How a rank file that is not known cuts text: a name in `named_patterns.PATTERNS`, or a regex."""


class Measured(NamedTuple):
    """A language: what was learned on, and held-out text before and after."""

    learned_docs: int
    learned_bytes: int
    held_docs: int
    before: Rate
    after: Rate


class Built(NamedTuple):
    """A tokenizer and its account."""

    content: bytes
    """Of the tokenizer.json."""
    learned: list[Learned]
    before: Audit
    after: Audit
    languages: dict[str, Measured]
    hostile: list[Growth]


def _order(*parts: object) -> int:
    """Return a hash for choosing."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=8).digest())


def _row_groups(folder: str, paths: list[str], seed: int) -> Iterator[pa.RecordBatch]:
    """Yield the texts of a language's shards in an order of chance: of each shard one row group, and so on around."""
    for turn in range(1 << 30):
        some = False
        for path in sorted(paths, key=lambda path: _order(seed, path)):
            with opened(join(folder, path)) as table:
                groups = len(table.chunks)
                if turn < groups:
                    some = True
                    yield from table.batches(["text"], [(_order(seed, path, "group") + turn) % groups])
        if not some:
            return


def _wanted(recipe: Recipe, lang: str, langs: Iterable[str]) -> int:
    """Return the bytes of a language to learn on."""
    return recipe.sample_bytes // (1 if lang == _ZH else sum(other != _ZH for other in langs))


def _some(batches: Iterator[pa.RecordBatch], most: int) -> Iterator[pa.Array]:
    """Yield texts until there are `most` bytes."""
    for batch in batches:
        yield batch["text"]
        most -= batch["text"].nbytes
        if most < 0:
            return


def columns_of_run(output: Output, recipe: Recipe) -> dict[str, Iterable[pa.Array]]:
    """Return texts of a finished run by language: enough to choose from; a shard is read when its turn comes."""
    paths: dict[str, list[str]] = {}
    for shard in output.manifest.shards:
        paths.setdefault(shard.lang, []).append(shard.path)
    return {
        lang: _some(
            _row_groups(output.folder, some, recipe.seed), _SPREAD * (_wanted(recipe, lang, paths) + _HELD_BYTES)
        )
        for lang, some in sorted(paths.items())
    }


def columns_of_files(files: Mapping[str, tuple[str, ...]], text: str = "text") -> dict[str, Iterable[pa.Array]]:
    """Return the texts of files by language: JSONL or Parquet, as a run reads them; unreadable records are passed over.

    Args:
        files: language to globs.
        text: the field that holds the text.

    Raises:
        ConfigError: with the key `files`, if a glob matches nothing or a file's format is not known; with the key
            `text`, if a language's files have no such field.
    """
    found: dict[str, Iterable[pa.Array]] = {}
    for lang, globs in sorted(files.items()):
        source = Source(source=lang, files=globs, text=text)
        try:
            listed = list(list_files([source]))
            look_at_fields(listed, Limits())
            items = list(work_items(listed, _ITEM_BYTES))
        except ConfigError as error:
            raise ConfigError("text" if error.key.endswith(".text") else "files", error.message) from error
        found[lang] = (batch["text"] for item in items for batch in Reading(item, source, Limits()).batches(Tally()))
    return found


def _sampled(recipe: Recipe, texts: Mapping[str, Iterable[pa.Array]]) -> dict[str, Sampler]:
    """Sample every language; what has no document at all is left out."""
    samplers = {}
    for lang, columns in texts.items():
        sampler = Sampler(_wanted(recipe, lang, texts), _HELD_BYTES, recipe.seed)
        for column in columns:
            sampler.add(column)
        if sampler.learn():
            samplers[lang] = sampler
    return samplers


def build(
    recipe: Recipe, texts: Mapping[str, Iterable[pa.Array]], tell: Callable[[str], None] = lambda line: None
) -> Built:
    """Build a tokenizer.

    Args:
        recipe: what to build.
        texts: string columns by language; `zh` is Chinese, all else is the others.
        tell: called with a line when a step is done.

    Raises:
        ConfigError: if the recipe cannot be followed; whatever does not need the texts is checked before they are read.
        LawError: if the result breaks a law (`_broken_laws`).
    """
    base = read_base(recipe.base, recipe.pattern)
    free, quotas = room(base, recipe.size, recipe.chinese)
    samplers = _sampled(recipe, texts)
    for quota, there, who in (
        (quotas[CHINESE], _ZH in samplers, "Chinese (zh)"),
        (quotas[OTHERS], bool(samplers.keys() - {_ZH}), "languages other than Chinese"),
    ):
        if quota and not there:
            raise ConfigError("chinese", f"{quota:,} tokens are to be learned on {who}, but there is only text of "
                              f"{', '.join(samplers) or 'no language'}")  # fmt: skip
    tokenizer = engine(base)
    words: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for lang, sampler in samplers.items():
        words[CHINESE if lang == _ZH else OTHERS].update(count_words(tokenizer, sampler.learn()))
    tell(f"{len(samplers)} languages sampled: {len(words[CHINESE]):,} Chinese words, {len(words[OTHERS]):,} others")
    setting, learned = grow(base, *words, recipe.size, recipe.chinese, recipe.least)
    tell(f"{len(learned):,} tokens learned")
    grown = engine(setting)
    languages = {
        lang: Measured(
            len(sampler.learn()), sum(len(text.encode()) for text in sampler.learn()), len(sampler.held_out()),
            rate(tokenizer, sampler.held_out()), rate(grown, sampler.held_out()),
        )
        for lang, sampler in samplers.items()
    }  # fmt: skip
    found = Built(
        orjson.dumps(setting, option=orjson.OPT_INDENT_2),
        learned,
        audit(base),
        audit(setting),
        languages,
        growth(grown),
    )
    if broken := list(_broken_laws(found, recipe.size)):
        raise LawError("the tokenizer that was built is wrong, and is not written: " + "; ".join(broken))
    return found


def _broken_laws(built: Built, size: int) -> Iterator[str]:
    """Yield what holds by construction, and does not."""
    before, after = built.before, built.after
    if after.tokens != size or after.gaps:
        yield f"{after.tokens} tokens and {after.gaps} gaps, {size} tokens and no gap are wanted"
    if dead := after.dead.keys() - before.dead.keys():
        yield f"{len(dead)} tokens are dead that were not in the base, such as {quote(min(dead))}"
    if broken := set(after.broken) - set(before.broken):
        yield f"{len(broken)} code points do not come back that did in the base, such as U+{min(broken):04X}"
    if leaks := set(after.leaks) - set(before.leaks):
        yield f"the control token {quote(min(leaks))} comes of text"
    for lang, measured in built.languages.items():
        if measured.after.tokens > measured.before.tokens:
            yield f"{lang} has {measured.after.tokens:,} tokens on held-out text, {measured.before.tokens:,} before"
