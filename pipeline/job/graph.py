"""The graph: the whole job as one Beam pipeline.

It reads like this: the work items are spread over the workers; each is screened into a staged file. The signatures,
and those that earlier runs have left, meet in bands, and of each set of duplicates the best survives. Every item is
settled: what it keeps, what it loses. The kept documents are dealt out to shards, the shards are written, and the run
is committed.

Only ids, hashes, references and sums cross a shuffle. Every PCollection has a declared type.
"""

from functools import partial
from typing import Any

import apache_beam as beam
import pyarrow as pa

from babelmill.pipeline.corpus.dataset_card import CARD, card
from babelmill.pipeline.job.code_version import code_version
from babelmill.pipeline.job.plan import Plan
from babelmill.pipeline.job.screen import ListItems, Screen, ScreenRecipe
from babelmill.transforms.combine import SumCounts, SumStatistics
from babelmill.transforms.dedup.deduplicate import Deduplicate
from babelmill.transforms.dedup.index import INDEX_COLUMNS, SIGNATURE, ListOld, Old, TakeUp, index_parameters
from babelmill.transforms.dedup.rank import keep_bits
from babelmill.transforms.dedup.regroup import Clear, ListGroups
from babelmill.transforms.dedup.removals import REMOVALS, SUPERSEDED, NameKept, Settle
from babelmill.transforms.documents import READ
from babelmill.transforms.ledger import Row
from babelmill.transforms.messages import ledger_message, statistics_message, stratum_message
from babelmill.transforms.read.records import QUARANTINE
from babelmill.transforms.stages import dropped_schema
from babelmill.transforms.write.manifest import Commit, Terms
from babelmill.transforms.write.shards import DealShards, PlanShards, Recipe, WriteShards

__all__ = ["build"]

_Packed = tuple[int, bytes]
"""The one type that most shuffles carry: an item, a partition or 0, and packed bytes."""


_Part = tuple[str, bytes]
"""Statistics of one language."""


def build(pipeline: beam.Pipeline, plan: Plan) -> beam.PCollection:
    """Add the whole job to a pipeline; return the committed manifest's path, as the only element."""
    work, dedup, target_bytes = plan.work, plan.config.dedup, plan.config.shards.target_bytes
    grouping = plan.grouping

    items = pipeline | beam.Impulse() | "List work items" >> _do(ListItems(work.items, code_version()))
    screened = (
        items
        | "Spread over workers" >> beam.GroupByKey()
        | "Screen" >> _do(Screen(_screen_recipe(plan)), signatures=_Packed, ledger=Row, statistics=_Part, items=_Packed)
    )
    earlier = (
        pipeline
        | "Earlier runs" >> beam.Impulse()
        | "List their indexes" >> _do(ListOld(work.earlier))
        | "Spread their indexes" >> beam.GroupByKey()
        | "Take up" >> _do(TakeUp(work, Old(dedup.old == "wins", plan.partitions, dedup.exact, grouping)))
    )
    signatures = (screened.signatures, earlier) | "All signatures" >> beam.Flatten()
    duplicates = signatures | "Deduplicate" >> Deduplicate(
        work, dedup.near, plan.partitions, grouping, dedup.cluster, len(plan.items), dedup.fold
    )
    names = (
        duplicates["verdicts"]
        | "Meet in items of the kept" >> beam.GroupByKey()
        | "Name the kept" >> _do(NameKept(work, len(plan.items)), costs=_Packed)
    )
    settled = (
        (screened.main, names.main)
        | "Return to items" >> beam.Flatten()
        | "Meet in items" >> beam.GroupByKey()
        | "Settle" >> _do(Settle(work, len(plan.items)), ledger=Row, statistics=_Part, costs=_Packed)
    )
    places = (
        settled.main
        | "Gather items" >> beam.GroupByKey()
        | "Plan shards" >> _do(PlanShards(work, target_bytes, plan.refused_languages))
        | "Spread again" >> beam.GroupByKey()
    )
    shards = (
        places
        | "Deal" >> _do(DealShards(work, target_bytes), tuple[tuple[str, int], bytes])
        | "Meet in shards" >> beam.GroupByKey()
        | "Write shards" >> _do(WriteShards(_shard_recipe(plan)), ledger=Row, strata=Row)
    )
    ledger = (
        (screened.ledger, settled.ledger, shards.ledger)
        | "All ledger rows" >> beam.Flatten()
        | "Add up" >> beam.CombinePerKey(SumCounts()).with_output_types(Row)
        | "Pack" >> beam.Map(ledger_message).with_output_types(_Packed)
    )
    strata = (
        shards.strata
        | "Add up strata" >> beam.CombinePerKey(SumCounts()).with_output_types(Row)
        | "Pack strata" >> beam.Map(stratum_message).with_output_types(_Packed)
    )
    statistics = (
        (screened.statistics, settled.statistics)
        | "All statistics" >> beam.Flatten()
        | "Add up statistics" >> beam.CombinePerKey(SumStatistics()).with_output_types(_Part)
        | "Pack statistics" >> beam.Map(statistics_message).with_output_types(_Packed)
    )
    manifest = (
        (screened.items, shards.main, ledger, strata, statistics, duplicates["notes"], names.costs, settled.costs)
        | "All accounts" >> beam.Flatten()
        | "Gather accounts" >> beam.GroupByKey()
        | "Commit" >> _do(Commit(_terms(plan)), str)
    )
    if grouping:
        _ = (
            manifest
            | "List groups" >> _do(ListGroups(grouping, len(plan.items) + len(plan.old_files)))
            | "Spread groups" >> beam.GroupByKey()
            | "Clear" >> _do(Clear(work, grouping))
        )
    return manifest


def _do(work: beam.DoFn, main: Any = _Packed, **tagged: Any) -> beam.ParDo:
    """Return a ParDo whose outputs are all typed: `main` and, where there are any, the tagged ones."""
    typed = beam.ParDo(work).with_output_types(main, **tagged)
    return typed.with_outputs(*tagged, main="main") if tagged else typed


def _screen_recipe(plan: Plan) -> ScreenRecipe:
    return ScreenRecipe(
        sources=plan.config.input,
        mask=plan.mask,
        steps=plan.sent[0],
        steps_digest=plan.sent_digests[0],
        schema=_staged(plan),
        work=plan.work,
        partitions=plan.partitions,
        exact=plan.config.dedup.exact,
        grouping=plan.grouping,
        limits=plan.config.limits,
        formats=plan.formats,
        audit=dropped_schema(pa.schema([*READ, *plan.mask.adds]), plan.steps) if plan.config.audit else None,
        signals=plan.signals,
        seed=plan.config.seed,
        source_bits=keep_bits(plan.config.dedup.keep, len(plan.config.input)).get("source_rank", 0),
        digest=plan.screen_digest,
        queued=plan.queued,
    )


def _staged(plan: Plan) -> pa.Schema:
    """Return the schema of the staged files: signatures are kept for the index alone."""
    signature = () if plan.config.dedup.index else SIGNATURE
    return pa.schema([field for field in plan.schema if field.name not in signature])


def _shard_recipe(plan: Plan) -> Recipe:
    metadata = {
        "run": plan.config.name,
        "code": code_version(),
        "config_digest": plan.digest,
        **plan.tokenizer.footer,
    }
    shards = plan.config.shards
    index = INDEX_COLUMNS if plan.config.dedup.index else ()
    return Recipe(
        output=plan.config.output,
        work=plan.work,
        tokenize=plan.sent[1],
        tokenize_digest=plan.sent_digests[1],
        compression=shards.compression,
        metadata=metadata,
        index_columns=index,
        digest=plan.digest,
    )


def _terms(plan: Plan) -> Terms:
    dedup = plan.config.dedup
    return Terms(
        output=plan.config.output,
        work=plan.work,
        identity=plan.identity,
        max_rejected_ratio=plan.config.max_rejected_ratio,
        max_unknown_ratio=plan.config.tokens.max_unknown_ratio,
        removals=REMOVALS,
        superseded=SUPERSEDED,
        quarantine=QUARANTINE,
        index_parameters=index_parameters(dedup.near, dedup.fold, plan.config.seed, plan.mask.parameters),
        old_items=range(len(plan.items), len(plan.items) + len(plan.old_files)),
        thresholds=plan.thresholds,
        cards={CARD: partial(card, plan.config)},
        audit=plan.config.audit,
    )
