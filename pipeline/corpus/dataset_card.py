"""The dataset card: README.md beside the shards, in the form that the Hugging Face hub and `datasets` read.

    datasets.load_dataset("out/sample", "zh")

Everything in it comes from manifest and ledger, so a run of the same input writes the same bytes. Paths and addresses
of the input stay out: they may be private, or signed. What people write around it stays (`marked`).
"""

import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from babelmill.pipeline.config.model import Config
from babelmill.pipeline.corpus.marked import has_marks, replace_marked
from babelmill.transforms.languages import name_of
from babelmill.transforms.ledger import KEPT, STAGES, Counts, Tally
from babelmill.transforms.pii.kinds import PLACEHOLDERS
from babelmill.transforms.pii.mask import MASKED
from babelmill.transforms.text.visible import visible
from babelmill.transforms.tokens.tokenizer import TokenizerSource
from babelmill.transforms.unknown import lost_by_language
from babelmill.transforms.write.listed import InputFile
from babelmill.transforms.write.manifest_file import Manifest

__all__ = ["CARD", "card", "is_card", "size_category"]

CARD = "README.md"
"""Its name, which the hub demands."""

_POWERS = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")
_HUB_CODE = re.compile("[a-z]{2,3}")
"""The language codes that the hub takes: ISO 639-1, -2 and -3."""

_LIMITS = """\
* The language is a model's guess from a sample of the document; short and mixed documents and close relatives are
  taken for each other now and then. `lang_score` says how sure it was, `lang_second` what else is in a document.
  Where a source says its language, that is what counts, and `lang_score` is 0 where the models say another.
* Quality bounds are statistics of words and lines. They judge neither truth nor style, and some good documents fall.
* Near duplicates are found by sketches: of the pairs at the threshold some are missed, and a few removed documents
  resemble the kept one a little less. Duplicates were looked for inside this corpus alone.
* Nothing was compared with the test sets of benchmarks.
* The texts are the sources' own: their errors, opinions and prejudices are in them."""

_NOT_FOUND = """\
What the sources say of people, names and street addresses among it, is in the texts. `babelmill why` finds a document
by its id; it has to be removed from the source and from the corpus."""


def _pii(config: Config, ledger: Tally) -> str:
    """Say what was masked, and what never is."""
    kinds = config.pii.mask
    if not kinds:
        return f"No stage of this run looked for personal data. {_NOT_FOUND}"
    found = (f"{ledger.total(stage=MASKED, outcome=kind).tokens:,} of kind {kind}" for kind in kinds)
    return f"Replaced by placeholders such as `{PLACEHOLDERS[kinds[0]]}`: {', '.join(found)}. {_NOT_FOUND}"


def _unknown(ledger: Tally) -> str:
    """Say what the tokenizer could not write, as one more limit; nothing if it wrote all."""
    found = lost_by_language(ledger.rows())
    if not found:
        return ""
    shares = ", ".join(f"{_code(lang)} {one.share:.2%}" for lang, one in found.items())
    return (
        "\n* The tokenizer has not a token for everything. Unknown tokens and characters without one, as a share of "
        f"a language's tokens: {shares}. `n_unknown` or `n_lost` says how many a document has."
    )


def size_category(documents: int) -> str:
    """Return the hub's name for a number of documents.

    >>> size_category(999), size_category(1000), size_category(10**12)
    ('n<1K', '1K<n<10K', 'n>1T')
    """
    for power, name in enumerate(_POWERS):
        if documents < 10 ** (power + 3):
            return f"{_POWERS[power - 1]}<n<{name}" if power else f"n<{name}"
    return f"n>{_POWERS[-1]}"


def is_card(content: bytes) -> bool:
    """Say whether a README.md is a dataset card of ours, or has one in it."""
    return has_marks(content.decode(errors="replace"))


def card(config: Config, manifest: Manifest, ledger: Tally, before: str | None = None) -> str | None:
    """Return the dataset card of a run: YAML for the hub, then Markdown for people.

    Args:
        config: the run's.
        manifest: of the run; its own SHA-256 is not known yet.
        ledger: of the whole run.
        before: what stands in the file; the part that is not ours stays.

    Returns:
        The file's content; None where the file that is there is a person's own and has no part of ours.
    """
    written = {lang: counts for (stage, lang), counts in ledger.by("stage", "lang").items() if stage == "write"}
    written = {lang: written[lang] for lang in sorted(written, key=lambda lang: (-written[lang].tokens, lang))}
    langs = list(written)
    return replace_marked(before, _header(manifest, langs), _body(config, manifest, ledger, written))


def _body(config: Config, manifest: Manifest, ledger: Tally, written: Mapping[str, Counts]) -> str:
    totals, langs = manifest.totals, list(written)
    parts = [
        f"# {manifest.name}",
        f"Text for pretraining in {len(langs)} language{'s' * (len(langs) != 1)}, made by Babelmill "
        f"{manifest.version}: {totals.documents:,} documents, {totals.tokens:,} tokens, "
        f"{totals.text_bytes:,} bytes of text, {totals.shards:,} shards.",
        *(_usage(langs, config) if langs else ()),
        "## Languages",
        _table(
            ("language", "code", "documents", "tokens", "bytes of text"),
            [(_name(lang), _code(lang), *map(_number, _sums(written[lang]))) for lang in langs]
            + [("all", "", *map(_number, (totals.documents, totals.tokens, totals.text_bytes)))],
        ),
        "## Sources",
        _sources(manifest, ledger),
        "## How it was made",
        _made(config, manifest),
        "## What was removed",
        _removed(ledger),
        "## Known limits",
        _LIMITS + _unknown(ledger),
        "## Personal data",
        _pii(config, ledger),
        "## Licence",
        "The texts keep the licences of their sources, which this run did not look at.",
    ]
    return "\n\n".join(parts)


def _header(manifest: Manifest, langs: Sequence[str]) -> dict[str, list[str]]:
    """Return the YAML, key → lines. Every string is quoted: a reader of YAML 1.1 takes a bare `no` for False."""
    found = {"pretty_name": [f"pretty_name: {json.dumps(manifest.name)}"]}
    if known := [lang for lang in langs if _HUB_CODE.fullmatch(lang)]:
        found["language"] = ["language:", *(f"- {json.dumps(lang)}" for lang in known)]
    if len(langs) > 1:
        found["multilinguality"] = ["multilinguality:", "- multilingual"]
    found["license"] = ["license: other"]
    found["task_categories"] = ["task_categories:", "- text-generation"]
    found["size_categories"] = ["size_categories:", f"- {size_category(manifest.totals.documents)}"]
    # A pattern that matches nothing is an error to `datasets`: a language without a shard has no configuration.
    if langs:
        lines = ["configs:", "- config_name: default", "  data_files: data/*/*.parquet", "  default: true"]
        for lang in langs:
            lines += [f"- config_name: {json.dumps(lang)}"]
            lines += [f"  data_files: {json.dumps(f'data/lang={lang}/*.parquet')}"]
        found["configs"] = lines
    return found


def _usage(langs: Sequence[str], config: Config) -> Iterable[str]:
    ids = " and their ids `tokens`" if config.tokens.ids else ""
    yield (
        "```python\n"
        "import datasets\n\n"
        f'one = datasets.load_dataset("PATH", {json.dumps(langs[0])}, split="train")\n'
        'all_of_them = datasets.load_dataset("PATH", split="train", streaming=True)\n'
        "```"
    )
    yield (
        "Each row is a document: its `text`, its `id`, `source`, `url` and `date`, its `language` and how sure that is "
        "(`lang_score`), its measurements, how many near duplicates it stands for with itself (`cluster_size`), its "
        f"number of tokens `n_tokens`{ids}. A language has a folder, `data/lang=…/`, and a configuration of its own; "
        "where the folders are read as hive partitions (pyarrow, DuckDB, polars, Spark) the rows have `lang` too, the "
        "same as `language`."
    )


def _sources(manifest: Manifest, ledger: Tally) -> str:
    rows, kept_of = [], ledger.by("stage", "source")
    files: dict[str, list[InputFile]] = defaultdict(list)
    for row in manifest.inputs:
        files[row.source].append(row)
    for source, mine in files.items():
        kept = kept_of.get(("write", source), Counts())
        counts = (len(mine), sum(row.bytes for row in mine), sum(row.records for row in mine), *_sums(kept)[:2])
        rows.append((_code(source), *map(_number, counts)))
    return _table(("source", "files", "bytes of files", "records", "documents kept", "tokens"), rows)


def _made(config: Config, manifest: Manifest) -> str:
    language, near, tokenizer = config.language, config.dedup.near, manifest.tokenizer
    least = ", ".join(f"{key}: {value:g}" for key, value in language.min_score.items())
    model = manifest.models["language"]
    lines = [
        f"Language: {_code(model.name)} (SHA-256 {_code(model.sha256)}), method {_code(language.method)}, "
        f"least score {_code(least)}.",
        f"Quality: profile {_code(os.path.basename(config.quality.profile))}, with all overrides of digest "
        f"{_code(manifest.quality_profile)}.",
    ]
    for key, model in manifest.models.items():
        if key.startswith("quality/"):
            lines.append(f"Learned filter {_code(key)}: {_code(model.name)} (SHA-256 {_code(model.sha256)}).")
    lines.append("Exact duplicates: removed, by the digest of the text." if config.dedup.exact else "")
    if near:
        lines.append(
            f"Near duplicates: MinHash over {near.ngram}-grams of words, {near.bands} bands of {near.rows} "
            f"rows; a document is removed if its similarity to a kept one is estimated as {near.verify:g} or more."
        )
        if near.figures is not None:
            lines[-1] += (
                f" Where numbers and operators are {near.figures:.0%} of the words or more, these by themselves are "
                "as similar, too."
            )
    if tokenizer:
        lines.append(
            f"Tokenizer: {_tokenizer(config.tokens.tokenizer)}, {tokenizer.vocab_size:,} tokens, SHA-256 of its "
            f"tokenizer.json {_code(tokenizer.sha256)}; no special tokens."
        )
    lines += [
        f"Babelmill {manifest.version}, code {_code(manifest.code)}, configuration "
        f"{_code(manifest.config_digest)}, seed {config.seed}.",
        "`manifest.json` has the whole configuration and every shard's SHA-256, `ledger.parquet` every number here.",
    ]
    return "\n".join(f"* {line}" for line in lines if line)


def _tokenizer(source: TokenizerSource) -> str:
    """Name a tokenizer by what the configuration says of where it comes from."""
    if source.ranks:
        return f"the rank file {_code(os.path.basename(source.ranks))} with the pattern {_code(source.pattern or '')}"
    name = source.package or source.hub or os.path.basename(source.path or "")
    return _code(name)


def _removed(ledger: Tally) -> str:
    read = ledger.total(stage="read").docs
    lost = Tally(row for row in ledger.rows() if row[0][0] in STAGES and row[0][3] != KEPT)
    dropped = list(lost.by("outcome").items())
    dropped.sort(key=lambda pair: (-pair[1].docs, pair[0]))
    total = sum(counts.docs for _, counts in dropped)
    rows = [(_code(reason), _number(counts.docs), _number(counts.bytes)) for (reason,), counts in dropped]
    say = (
        f"Of {read:,} records, {total:,} were removed, each for the first reason that applied. Every duplicate and the "
    )
    say += "document kept in its place stand in `removals.parquet`, every unreadable record in `quarantine.parquet`."
    return say + ("\n\n" + _table(("reason", "documents", "bytes"), rows) if rows else "")


def _sums(counts: Counts) -> tuple[int, int, int]:
    return counts.docs, counts.tokens, counts.bytes


def _name(lang: str) -> str:
    return name_of(lang) or _code(lang)


def _number(value: int) -> str:
    return f"{value:,}"


def _code(text: str) -> str:
    """Return text as a code span: nothing in it is markup."""
    return "`" + visible(text).replace("`", "'").replace("|", "¦") + "`"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; columns of numbers stand to the right."""
    rows = list(rows)
    digits = [bool(rows) and all(row[i][:1].isdigit() for row in rows) for i in range(len(columns))]
    rule = ["---:" if right else "---" for right in digits]
    return "\n".join(f"| {' | '.join(row)} |" for row in (columns, rule, *rows))
