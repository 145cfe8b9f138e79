"""Beam's sums of what merges: ledger rows. Apart from `ledger`, so that reading a ledger needs no Beam."""

from collections.abc import Iterable
from functools import reduce

import apache_beam as beam
from apache_beam.typehints import with_input_types, with_output_types

from transforms.ledger import Counts

__all__ = ["SumCounts"]


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
