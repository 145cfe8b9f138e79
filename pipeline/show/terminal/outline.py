"""The outline on the terminal: what a run will do, as it was planned."""

from dataclasses import asdict

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from babelmill.pipeline.formatting.quantities import quantity
from babelmill.pipeline.job.plan import Plan
from babelmill.pipeline.show.terminal.grid import grid
from babelmill.pipeline.show.terminal.unknown import unwritable_lines
from babelmill.transforms.documents import READ
from babelmill.transforms.read.sources import Source

__all__ = ["outline"]


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
