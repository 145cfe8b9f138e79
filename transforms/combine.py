"""Beam's sums of what merges: ledger rows and statistics. Apart from them, so that reading a run needs no Beam."""

from collections.abc import Iterable
from functools import reduce

import apache_beam as beam
import orjson
from apache_beam.typehints import with_input_types, with_output_types

from babelmill.transforms.ledger import Counts
from babelmill.transforms.statistics.statistics import Statistics, load_statistics

__all__ = ["SumCounts", "SumStatistics"]


@with_input_types(tuple[int, int, int, int])
@with_output_types(tuple[int, int, int, int])
class SumCounts(beam.CombineFn):  # type: ignore[misc]
    """Beam's sum of `Counts` for each `Key`."""

    def create_accumulator(self) -> tuple[int, int, int, int]:
        """Return nothing counted."""
        return 0, 0, 0, 0

    def add_input(self, accumulator: tuple[int, ...], element: tuple[int, ...]) -> tuple[int, int, int, int]:
        """Add one row's counts."""
        docs, size, chars, tokens = Counts(*accumulator).plus(Counts(*element))
        return docs, size, chars, tokens

    def merge_accumulators(self, accumulators: Iterable[tuple[int, ...]]) -> tuple[int, int, int, int]:
        """Add up."""
        return reduce(self.add_input, accumulators, self.create_accumulator())

    def extract_output(self, accumulator: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        """Return the sum."""
        return accumulator


@with_input_types(bytes)
@with_output_types(bytes)
class SumStatistics(beam.CombineFn):  # type: ignore[misc]
    """Beam's sum of the statistics of a language, as `by_lang` packs them."""

    def create_accumulator(self) -> Statistics:
        """Return nothing counted."""
        return Statistics()

    def add_input(self, accumulator: Statistics, element: bytes) -> Statistics:
        """Add one item's part."""
        accumulator.take(load_statistics(element))
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Statistics]) -> Statistics:
        """Add up."""
        total = Statistics()
        for accumulator in accumulators:
            total.merge(accumulator)
        return total

    def extract_output(self, accumulator: Statistics) -> bytes:
        """Return the sum."""
        return orjson.dumps(accumulator.plain())
