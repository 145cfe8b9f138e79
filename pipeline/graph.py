"""The graph: the whole job as one Beam pipeline.

It reads like this: the work items are spread over the workers; each is screened into a staged file. The signatures
meet in bands, and of each set of duplicates the best survives. Every item is settled: what it keeps, what it loses.
The kept documents are dealt out to shards, the shards are written, and the run is committed.

Only ids, hashes, references and sums cross a shuffle. Every PCollection has a declared type.
"""

import apache_beam as beam

from pipeline.plan import Plan
from pipeline.screen import Screen, ScreenRecipe, read_items
from transforms.dedup.deduplicate import Deduplicate
from transforms.dedup.removals import REMOVALS, NameKept, Settle
from transforms.ledger import Row, SumCounts
from transforms.read.records import QUARANTINE
from transforms.write.manifest import Commit, Terms, ledger_message
from transforms.write.shards import DealShards, PlanShards, Recipe, WriteShards

__all__ = ["build"]

_Packed = tuple[int, bytes]
"""The one type that most shuffles carry: an item, a partition or 0, and packed bytes."""


def build(pipeline: beam.Pipeline, plan: Plan) -> beam.PCollection:
    """Add the whole job to a pipeline; return the committed manifest's path, as the only element."""
    screened = (
        pipeline
        | "Start" >> beam.Impulse()
        | "List work items"
        >> beam.FlatMap(lambda _, path: read_items(path), plan.work.items).with_output_types(_Packed)
        | "Spread over workers" >> beam.GroupByKey()
        | "Screen"
        >> beam.ParDo(Screen(_screen_recipe(plan)))
        .with_output_types(_Packed, signatures=_Packed, ledger=Row, items=_Packed)
        .with_outputs("signatures", "ledger", "items", main="staged")
    )
    verdicts: tuple[beam.PCollection, ...] = ()
    notes: tuple[beam.PCollection, ...] = ()
    if plan.config.dedup.exact or plan.config.dedup.near:
        dedup = plan.config.dedup
        found = screened.signatures | "Deduplicate" >> Deduplicate(
            plan.work, dedup.near, plan.partitions, plan.by_reference
        )
        names = found["verdicts"] | "Name the kept" >> beam.ParDo(NameKept(plan.work)).with_output_types(_Packed)
        verdicts, notes = (found["verdicts"], names), (found["notes"],)
    settled = (
        (screened.staged, *verdicts)
        | "Return to items" >> beam.Flatten()
        | "Meet in items" >> beam.GroupByKey()
        | "Settle"
        >> beam.ParDo(Settle(plan.work)).with_output_types(_Packed, ledger=Row).with_outputs("ledger", main="kept")
    )
    shards = (
        settled.kept
        | "Gather items" >> beam.GroupByKey()
        | "Plan shards" >> beam.ParDo(PlanShards()).with_output_types(_Packed)
        | "Spread again" >> beam.GroupByKey()
        | "Unpack"
        >> beam.FlatMapTuple(lambda item, places: [(item, place) for place in places]).with_output_types(_Packed)
        | "Deal"
        >> beam.ParDo(DealShards(plan.work, plan.config.shards.target_bytes)).with_output_types(
            tuple[tuple[str, int], bytes]
        )
        | "Meet in shards" >> beam.GroupByKey()
        | "Write shards"
        >> beam.ParDo(WriteShards(_shard_recipe(plan)))
        .with_output_types(_Packed, ledger=Row)
        .with_outputs("ledger", main="shards")
    )
    ledger = (
        (screened.ledger, settled.ledger, shards.ledger)
        | "All ledger rows" >> beam.Flatten()
        | "Add up" >> beam.CombinePerKey(SumCounts()).with_output_types(Row)
        | "Pack" >> beam.Map(ledger_message).with_output_types(_Packed)
    )
    return (
        (screened.items, shards.shards, ledger, *notes)
        | "All accounts" >> beam.Flatten()
        | "Gather accounts" >> beam.GroupByKey()
        | "Commit" >> beam.ParDo(Commit(_terms(plan))).with_output_types(str)
    )


def _screen_recipe(plan: Plan) -> ScreenRecipe:
    return ScreenRecipe(
        sources=plan.config.input,
        steps=plan.steps,
        schema=plan.schema,
        work=plan.work,
        partitions=plan.partitions,
        exact=plan.config.dedup.exact,
        by_reference=plan.by_reference,
        record_bytes=plan.config.limits.record_bytes,
        audit=plan.config.audit,
        digest=plan.screen_digest,
    )


def _shard_recipe(plan: Plan) -> Recipe:
    metadata = {
        "run": plan.config.name,
        "code": plan.identity["code"],
        "config_digest": plan.digest,
        "tokenizer_sha256": plan.tokenizer.sha256,
    }
    shards = plan.config.shards
    return Recipe(plan.config.output, plan.work, plan.tokenize, shards.compression, metadata, plan.digest)


def _terms(plan: Plan) -> Terms:
    return Terms(
        output=plan.config.output,
        work=plan.work,
        identity=plan.identity,
        max_rejected_ratio=plan.config.max_rejected_ratio,
        audit=plan.config.audit,
        removals=REMOVALS,
        quarantine=QUARANTINE,
    )
