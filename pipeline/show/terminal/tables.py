"""The tables on the terminal: what a run will do, and what it did. Everything comes from ledger and manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from babelmill.pipeline.budget.accounts import accounts, estimated_by
from babelmill.pipeline.budget.shares import wanted_tokens
from babelmill.pipeline.config.budget import BudgetSection
from babelmill.pipeline.corpus.unread import unread_lines
from babelmill.pipeline.formatting.quantities import count, fraction, quantity, share
from babelmill.pipeline.job.plan import Plan
from babelmill.pipeline.show.terminal.fields import fields_line, unfilled_fields
from babelmill.pipeline.show.terminal.grid import grid
from babelmill.pipeline.show.terminal.unknown import unknown_lines, unwritable_lines
from babelmill.transforms.documents import READ
from babelmill.transforms.languages import name_of
from babelmill.transforms.ledger import KEPT, STAGES, Counts, Tally
from babelmill.transforms.pii.kinds import KINDS
from babelmill.transforms.pii.mask import MASKED
from babelmill.transforms.read.sources import Source
from babelmill.transforms.unknown import lost_by_language
from babelmill.transforms.write.listed import InputFile

__all__ = ["closing", "outline"]

_SHOWN_REASONS = 12


def outline(plan: Plan) -> RenderableType:
    """Return what a run will do: its inputs, and its columns stage by stage."""
    stages = grid("Stages", ("stage", "does", "adds"))
    for column in stages.columns:
        column.justify, column.no_wrap = "left", False
    near = plan.config.dedup.near
    stages.add_row("read", "NFC, \\n, bad records to quarantine", " ".join(READ.names))
    if plan.mask.kinds:
        stages.add_row("masked", ", ".join(plan.mask.kinds), " ".join(field.name for field in plan.mask.adds))
    for step in plan.steps:
        adds = " ".join(field.name for field in step.adds)
        reasons = [reason for rule in getattr(step, "rules", ()) for reason in rule.reasons]
        does = f"drops by {len(reasons)} reasons" if reasons else "measures" if adds else "keeps all"
        stages.add_row(step.stage, does, adds)
    dedup = ("exact; " if plan.config.dedup.exact else "") + (
        f"{near.bands} bands of {near.rows} over {near.ngram}-grams, verified at {near.verify}" if near else "no near"
    )
    if near:
        counting = [name for name, folds in asdict(plan.config.dedup.fold).items() if not folds]
        dedup += f"; numbers and operators too where they are {near.figures:.0%} of the words"
        dedup += f"; not folded: {', '.join(counting)}" if counting else ""
    dedup += "; whole clusters" if plan.config.dedup.cluster == "transitive" else ""
    stages.add_row("dedup", dedup, "cluster_size")
    names = " ".join(field.name for field in plan.tokenize.adds)
    known = plan.tokenizer
    tokenizer = f"{known.vocab_size:,} tokens, sha256 {known.sha256[:12]}, by {known.engine}"
    stages.add_row("tokens", tokenizer, names)
    target = quantity(plan.config.shards.target_bytes, "B")
    stages.add_row("write", f"shards of {target} of text to {plan.config.output}/data", "")
    return Group(_inputs(plan), Text(), stages, *(Text(line, "yellow") for line in unwritable_lines(plan)))


def _inputs(plan: Plan) -> Table:
    judged = any(source.profile for source in plan.config.input)
    table = grid("Input", ("source", "files", "bytes", "work items", "fields found", *(("profile",) if judged else ())))
    for column in table.columns[4:]:
        column.justify = "left"
    seen = {found.source: found.found for found in plan.seen}
    for source in plan.config.input:
        mine = [item for item in plan.items if item.source == source.source]
        sizes = {piece.path: piece.size for item in mine for piece in item.pieces}
        size, roles = quantity(sum(sizes.values()), "B"), _roles(source, seen.get(source.source))
        profile = (source.profile or plan.config.quality.profile,) if judged else ()
        table.add_row(source.source, str(len(sizes)), size, str(len(mine)), roles, *profile)
    return table


def _roles(source: Source, found: frozenset[str] | None) -> str:
    """Say which of text, id, url and date are there, and the language that the source says."""
    said = f"; all {source.lang}" if source.lang else ""
    if found is None:
        return f"not read{said}"
    there, absent = ([role for role in source.fields if (role in found) == known] for known in (True, False))
    return " ".join(there) + (f"; no {', '.join(absent)}" if absent else "") + said


def _languages(ledger: Tally, budget: BudgetSection, languages: tuple[str, ...]) -> Table:
    columns = ("language", "found", "quality", "dedup", "kept", "text", "tokens", "B/token", "share")
    table = grid("Documents that each stage kept, by language; share: of the budget's tokens", columns)
    by = ledger.by("stage", "lang", "outcome")

    def kept(stage: str, lang: str) -> Counts:
        return by.get((stage, lang, KEPT), Counts())

    wanted = wanted_tokens(budget, {lang: kept("write", lang).tokens for lang in languages})
    for lang in sorted(languages, key=lambda code: (-kept("write", code).tokens, code)):
        written, identified = kept("write", lang), kept("language", lang)
        target = wanted[lang]
        table.add_row(
            f"{lang} {name_of(lang)}".rstrip(),
            *(count(kept(stage, lang).docs) for stage in ("language", "quality", "dedup")),
            share(written.docs, identified.docs),
            quantity(written.bytes, "B"),
            quantity(written.tokens),
            f"{written.bytes / written.tokens:.2f}" if written.tokens else "–",
            fraction(written.tokens, target),
        )
    return table


def _reasons(ledger: Tally) -> Table:
    read = ledger.total(stage="read")
    lost = Tally((key, counts) for key, counts in ledger.rows() if key[0] in STAGES and key[3] != KEPT)
    dropped = lost.by("outcome")
    table = grid(
        "Leading reasons for dropping; tokens are estimates", ("reason", "documents", "share", "text", "≈tokens")
    )
    tokens = estimated_by(accounts(ledger), "outcome")
    leading = sorted(dropped.items(), key=lambda pair: (-pair[1].docs, pair[0]))
    for (reason,), counts in leading[:_SHOWN_REASONS]:
        part, size = share(counts.docs, read.docs), quantity(counts.bytes, "B")
        estimate = tokens.get(reason)
        table.add_row(reason, f"{counts.docs:,}", part, size, "–" if estimate is None else quantity(estimate))
    if len(leading) > _SHOWN_REASONS:
        rest = sum(counts.docs for _, counts in leading[_SHOWN_REASONS:])
        table.add_row(f"{len(leading) - _SHOWN_REASONS} more reasons", f"{rest:,}", share(rest, read.docs), "", "")
    return table


def closing(
    ledger: Tally,
    budget: BudgetSection,
    languages: tuple[str, ...],
    shards: int,
    notes: Mapping[str, int],
    sources: Sequence[Source],
    inputs: Sequence[InputFile] = (),
) -> RenderableType:
    """Return what a run did: stages × languages, the leading reasons, the budget; what was capped (`notes`).

    Of `sources` it says which fields were named in the configuration and were in no document, of `inputs` what was not
    read.
    """
    read, kept = ledger.total(stage="read"), ledger.total(stage="read", outcome=KEPT)
    written = ledger.total(stage="write")
    lines = [
        f"{read.docs:,} records read, {read.docs - kept.docs:,} unreadable; "
        f"{written.docs:,} documents kept ({share(written.docs, read.docs)}) in {shards:,} shards",
        f"{written.tokens:,} tokens, {quantity(written.bytes, 'B')} of text; "
        f"{fraction(written.tokens, budget.total_tokens, 2)} of the budget of {quantity(budget.total_tokens)} tokens",
        fields_line(ledger),
    ]
    masked = {kind: ledger.total(stage=MASKED, outcome=kind).tokens for kind in KINDS}
    if any(masked.values()):
        found = ", ".join(f"{number:,} {kind}" for kind, number in masked.items() if number)
        lines.append(f"personal data masked: {found}; {quantity(ledger.total(stage=MASKED).bytes, 'B')} of text")
    lines += unknown_lines(lost_by_language(ledger.rows()))
    if unresolved := notes.get("unresolved"):
        lines.append(
            f"{unresolved:,} times a document met more others in a band than dedup.near.leaders, was like none of the "
            "first, and was compared with no more"
        )
    warnings = (Text(line, "yellow") for line in (*unread_lines(inputs), *unfilled_fields(ledger, sources)))
    lines_of_text = (*map(Text, lines), *warnings)
    return Group(_languages(ledger, budget, languages), Text(), _reasons(ledger), Text(), *lines_of_text)
