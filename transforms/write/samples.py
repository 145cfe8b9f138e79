"""The samples' table: what their text says is read at the very end, from the few row groups that hold it."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from babelmill.transforms.files.parquet import read_rows
from babelmill.transforms.input_order import ROW_BITS
from babelmill.transforms.statistics.samples import CLUSTER, EXCERPT_CHARS, SAMPLES, Sample, Samples
from babelmill.transforms.work import WorkFolder

__all__ = ["sample_table"]


def sample_table(samples: Samples, work: WorkFolder) -> pa.Table:
    """Return the samples of a whole run as a table of `SAMPLES`: by language and reason, then the largest clusters."""
    held = [(lang, reason, sample) for (lang, reason), found in samples if reason != CLUSTER for sample in found]
    held += [(lang, CLUSTER, sample) for lang, sample in samples.largest()]
    texts = _texts([sample for _, _, sample in held], work)
    rows = []
    for lang, reason, sample in held:
        found = sample if sample.row < 0 else sample.read(*texts[_item(sample), sample.row])
        rows.append({"lang": lang, "reason": reason, **found._asdict()})
    return pa.Table.from_pylist(rows, SAMPLES)


def _item(sample: Sample) -> int:
    return sample.place >> ROW_BITS


def _texts(samples: list[Sample], work: WorkFolder) -> dict[tuple[int, int], tuple[str, str]]:
    """Return (item, row) → id and head of the samples that are still in their staged files, each file opened once."""
    wanted: dict[int, set[int]] = {}
    for sample in samples:
        if sample.row >= 0:
            wanted.setdefault(_item(sample), set()).add(sample.row)
    found: dict[tuple[int, int], tuple[str, str]] = {}
    for item, rows in sorted(wanted.items()):
        table = read_rows(work.staged(item), np.array(sorted(rows)), ["id", "text"])
        heads = pc.utf8_slice_codeunits(table["text"], 0, EXCERPT_CHARS).to_pylist()
        for row, id, head in zip(sorted(rows), table["id"].to_pylist(), heads, strict=True):
            found[item, row] = id, head
    return found
