"""The tables on the terminal: what a run will do, and what it did. Everything comes from ledger and manifest."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.config import BudgetSection
from pipeline.plan import Plan
from transforms.documents import READ
from transforms.languages import GLM4
from transforms.ledger import KEPT, Counts, Tally

__all__ = ["closing", "grid", "outline", "quantity", "wanted_tokens"]

_SHOWN_REASONS = 12


def quantity(number: float, unit: str = "") -> str:
    """Write a number with three digits and a prefix: `9.54M`, `71.3 MB`."""
    space = " " if unit else ""
    for prefix, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        # What rounds up to the next prefix's first number belongs there.
        if abs(number) >= 0.9995 * size:
            value = number / size
            return f"{value:.0f}{space}{prefix}{unit}" if abs(value) >= 999.5 else f"{value:.3g}{space}{prefix}{unit}"
    return f"{number:.0f}{space}{unit}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "–"


def grid(title: str, columns: Iterable[str]) -> Table:
    """Return an empty table: the first column to the left, numbers to the right."""
    table = Table(
        title=title, title_justify="left", header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    return table


def wanted_tokens(budget: BudgetSection, lang: str, languages: Iterable[str]) -> float:
    """Return the budget's tokens of a language; `rest` is shared equally by the languages without a share."""
    if lang in budget.shares:
        return budget.total_tokens * budget.shares[lang]
    others = [other for other in languages if other not in budget.shares]
    return budget.total_tokens * budget.shares.get("rest", 0) / max(1, len(others))


def outline(plan: Plan) -> RenderableType:
    """Return what a run will do: its inputs, and its columns stage by stage."""
    inputs = grid("Input", ("source", "files", "bytes", "work items"))
    for source in plan.config.input:
        mine = [item for item in plan.items if item.source == source.source]
        sizes = {piece.path: piece.size for item in mine for piece in item.pieces}
        inputs.add_row(source.source, str(len(sizes)), quantity(sum(sizes.values()), "B"), str(len(mine)))
    stages = grid("Stages", ("stage", "does", "adds"))
    for column in stages.columns:
        column.justify, column.no_wrap = "left", False
    near = plan.config.dedup.near
    stages.add_row("read", "NFC, \\n, bad records to quarantine", " ".join(READ.names))
    for step in plan.steps:
        adds = " ".join(field.name for field in step.adds)
        reasons = [reason for rule in getattr(step, "rules", ()) for reason in rule.reasons]
        does = f"drops by {len(reasons)} reasons" if reasons else "measures" if adds else "keeps all"
        stages.add_row(step.stage, does, adds)
    dedup = ("exact; " if plan.config.dedup.exact else "") + (
        f"{near.bands} bands of {near.rows} over {near.ngram}-grams, verified at {near.verify}" if near else "no near"
    )
    stages.add_row("dedup", dedup, "cluster_size")
    names = " ".join(field.name for field in plan.tokenize.adds)
    tokenizer = f"{plan.tokenizer.vocab_size:,} tokens, sha256 {plan.tokenizer.sha256[:12]}"
    stages.add_row("tokens", tokenizer, names)
    target = quantity(plan.config.shards.target_bytes, "B")
    stages.add_row("write", f"shards of {target} of text to {plan.config.output}/data", "")
    return Group(inputs, Text(), stages)


def _languages(ledger: Tally, budget: BudgetSection, languages: tuple[str, ...]) -> Table:
    columns = ("language", "found", "quality", "dedup", "kept", "text", "tokens", "B/token", "share")
    table = grid("Documents that each stage kept, by language; share: of the budget's tokens", columns)
    by = ledger.by("stage", "lang", "outcome")

    def kept(stage: str, lang: str) -> Counts:
        return by.get((stage, lang, KEPT), Counts())

    for lang in sorted(languages, key=lambda code: (-kept("write", code).tokens, code)):
        written, identified = kept("write", lang), kept("language", lang)
        target = wanted_tokens(budget, lang, languages)
        table.add_row(
            f"{lang} {GLM4[lang].name}" if lang in GLM4 else lang,
            *(_count(kept(stage, lang).docs) for stage in ("language", "quality", "dedup")),
            _share(written.docs, identified.docs),
            quantity(written.bytes, "B"),
            quantity(written.tokens),
            f"{written.bytes / written.tokens:.2f}" if written.tokens else "–",
            f"{written.tokens / target:.1e}" if target else "–",
        )
    return table


def _count(number: int) -> str:
    """Write a number whole while it is short."""
    return f"{number:,}" if number < 1_000_000 else quantity(number)


def _reasons(ledger: Tally) -> Table:
    read = ledger.total(stage="read")
    dropped = {key: counts for key, counts in ledger.by("outcome").items() if key != (KEPT,)}
    table = grid("Leading reasons for dropping", ("reason", "documents", "share", "text"))
    leading = sorted(dropped.items(), key=lambda pair: (-pair[1].docs, pair[0]))
    for (reason,), counts in leading[:_SHOWN_REASONS]:
        table.add_row(reason, f"{counts.docs:,}", _share(counts.docs, read.docs), quantity(counts.bytes, "B"))
    if len(leading) > _SHOWN_REASONS:
        rest = sum(counts.docs for _, counts in leading[_SHOWN_REASONS:])
        table.add_row(f"{len(leading) - _SHOWN_REASONS} more reasons", f"{rest:,}", _share(rest, read.docs), "")
    return table


def closing(ledger: Tally, budget: BudgetSection, languages: tuple[str, ...], shards: int) -> RenderableType:
    """Return what a run did: stages × languages, the leading reasons, the budget."""
    read, kept = ledger.total(stage="read"), ledger.total(stage="read", outcome=KEPT)
    written = ledger.total(stage="write")
    lines = [
        f"{read.docs:,} records read, {read.docs - kept.docs:,} unreadable; "
        f"{written.docs:,} documents kept ({_share(written.docs, read.docs)}) in {shards:,} shards",
        f"{written.tokens:,} tokens, {quantity(written.bytes, 'B')} of text; "
        f"{written.tokens / budget.total_tokens:.2e} of the budget of {quantity(budget.total_tokens)} tokens",
    ]
    return Group(_languages(ledger, budget, languages), Text(), _reasons(ledger), Text(), *map(Text, lines))
