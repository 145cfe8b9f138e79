"""How much of the input may be unreadable: by records, and by bytes, for a lost file may count as one record."""

from collections.abc import Sequence

from babelmill.transforms.files.parquet import read_table
from babelmill.transforms.ledger import Tally
from babelmill.transforms.write.listed import InputFile

__all__ = ["most_lost", "too_much_lost"]

_MOST_NAMED = 5


def most_lost(inputs: Sequence[InputFile], most: int = _MOST_NAMED) -> list[InputFile]:
    """Return the files of which most was not read, the worst first; none of those that were read whole."""
    return sorted((row for row in inputs if row.lost_bytes), key=lambda row: (-row.lost_bytes, row.path))[:most]


def too_much_lost(tally: Tally, inputs: Sequence[InputFile], limit: float, quarantine: str) -> str:
    """Say that more was unreadable than allowed, and which files and reasons led; nothing if it was not.

    Args:
        tally: the ledger.
        inputs: the input files.
        limit: the share of the records, and of the bytes of the files, that may be unreadable.
        quarantine: the path of quarantine.parquet.
    """
    read, kept = tally.total(stage="read").docs, tally.total(stage="read", outcome="kept").docs
    size, lost = sum(row.bytes for row in inputs), sum(row.lost_bytes for row in inputs)
    if read - kept > limit * read:
        what = f"{read - kept} of {read} records were unreadable"
    elif lost > limit * size:
        what = "too many bytes of input were not read"
    else:
        return ""
    rows = read_table(quarantine, ["path", "reason", "records"])
    counted = rows.group_by(["path", "reason"], use_threads=False).aggregate([("records", "sum")]).to_pylist()
    worst = max(counted, key=lambda row: (row["records_sum"], row["path"], row["reason"]))
    reasons = {row["path"]: row["reason"] for row in counted}
    files = "; ".join(f"{row.lost_bytes:,} of {row.path} ({reasons.get(row.path, '?')})" for row in most_lost(inputs))
    return (
        f"{what}, more than max_rejected_ratio {limit:g} allows; most: {worst['records_sum']} x {worst['reason']} in "
        f"{worst['path']}; {lost:,} of {size:,} bytes of input were not read"
        f"{f', most: {files}' if files else ''} (all of them: {quarantine})"
    )
