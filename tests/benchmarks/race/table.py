"""The race's table in RESULTS.md, between two markers."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tests.benchmarks.planted import units
from tests.benchmarks.race.corpus import EDIT, Corpus
from tests.benchmarks.race.judge import found_pairs, right_ids, right_labels, wrongly_joined
from tests.benchmarks.race.peers import Failed, Result

__all__ = ["BEGIN", "END", "OURS", "STAGES", "Setup", "rates", "replaced", "text_of"]

OURS = "Babelmill"
BEGIN, END = "<!-- race: written by `make race` -->", "<!-- end of race -->"
STAGES = {
    "html": "HTML → text",
    "language": "text → language",
    "quality": "text → signals and rules",
    "signature": "text → signature",
    "tokens": "text → ids",
    "job": "whole job",
}
"""Every stage that there can be a race of → what it is called; one that nobody ran has no row."""
_UNLIKE = 0.5
"""Documents less similar than this are no near-duplicates to anybody."""


class Setup(NamedTuple):
    """What the figures were taken with."""

    date: str
    command: str
    machine: str
    """Processor, cores, Python."""
    repeats: int


def rates(result: Result, sizes: dict[str, int]) -> dict[str, float]:
    """Return MB of text a CPU second by language, and of all together."""
    total = sum(sizes.values()) / sum(result.cpu_s.values()) / 1e6
    by_lang = {lang: sizes[lang] / result.cpu_s[lang] / 1e6 for lang in sizes if lang in result.cpu_s}
    return {**by_lang, "all": total}


def quality_of(result: Result, corpus: Corpus, reference: Result | None) -> str:
    """Say what can be told of a result beside its speed."""
    told = result.told
    if "labels" in told:
        return f"language of the file {right_labels(told['labels'], corpus.texts):.3f}"
    if "ids" in told and reference is not None:
        same = right_ids(told["ids"], reference.told["ids"])
        return f"documents with equal ids {same:.4f}" if result is not reference else "the reference"
    if "joined" in told:
        found = [f"{lang} {found_pairs(told['joined'][lang], len(pairs)):.2f}" for lang, pairs in corpus.pairs.items()]
        wrong = sum(
            wrongly_joined(told["joined"][lang], [units(text, lang) for text in pairs], _UNLIKE)
            for lang, pairs in corpus.pairs.items()
        )
        return f"found: {', '.join(found)}; joined wrongly: {wrong}"
    return f"start-up {told['start_s']:.1f} CPU s apart" if "start_s" in told else ""


def text_of(setup: Setup, corpus: Corpus, results: Sequence[Result], failed: Iterable[Failed]) -> str:
    """Return what stands between the markers.

    Args:
        setup: what the figures were taken with.
        corpus: the documents.
        results: of all, ours among them as OURS.
        failed: who is missing, in all or in some stages, and why.
    """
    sizes, langs = corpus.bytes, list(corpus.texts)
    documents = sum(map(len, corpus.texts.values()))
    pairs = sum(map(len, corpus.pairs.values())) // 2
    size = sum(sizes.values()) / 1e6
    intro = (
        f"{setup.date}, `{setup.command}`: {documents:,} documents of {' '.join(langs)}, {size:.1f} MB, the same for "
        f"everybody. MB of UTF-8 text for each CPU second of one core, without start-up, the best of {setup.repeats}. "
        f"{setup.machine}. Found: of {pairs} documents with a copy in which {EDIT:.0%} of the words (zh, ja: of the "
        f"characters) are edited, the share that ends in one cluster with it; joined wrongly: pairs with a true "
        f"similarity below {_UNLIKE}."
    )
    head = ["stage", "who", *langs, "all", "ours ÷ theirs", "quality"]
    lines = [_row(head), _row(["---"] * len(head))]
    by_stage = {stage: [result for result in results if result.stage == stage] for stage in STAGES}
    for stage, field in by_stage.items():
        # Ours first, then the fastest.
        ranked = sorted(field, key=lambda result: (result.who != OURS, -rates(result, sizes)["all"]))
        ours = next((rates(result, sizes)["all"] for result in ranked if result.who == OURS), None)
        reference = next((result for result in ranked if result.who.startswith("tokenizers ")), None)
        for result in ranked:
            mine = rates(result, sizes)
            cells = [_figure(mine[lang]) if lang in mine else "" for lang in (*langs, "all")]
            ratio = f"{ours / mine['all']:.1f}" if ours and result.who != OURS else ""
            lines.append(_row([STAGES[stage], result.who, *cells, ratio, quality_of(result, corpus, reference)]))
    settings = [
        f"* {STAGES[result.stage]}, {result.who}: {result.setting}." for stage in STAGES for result in by_stage[stage]
    ]
    absent = [f"* {who}: {why}." for who, why in failed]
    return "\n".join([intro, "", *lines, "", *settings, *absent])


def replaced(document: str, text: str) -> str:
    """Return a document with the text between the markers; where it has none, with a section more at its end.

    Raises:
        ValueError: if it has one marker without the other, or one twice, or in the wrong order.
    """
    if BEGIN not in document and END not in document:
        document += f"\n## The race\n\n{BEGIN}\n{END}\n"
    before, begin, rest = document.partition(BEGIN)
    old, end, after = rest.partition(END)
    if not begin or not end or BEGIN in old + after or END in before + after:
        raise ValueError(f"the document has not {BEGIN} and {END}, once each")
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


def _figure(rate: float) -> str:
    return f"{rate:.3g}" if rate < 1000 else f"{rate:.0f}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
