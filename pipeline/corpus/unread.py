"""What of the input was not read: how many bytes, and of which files most."""

from collections.abc import Iterator, Sequence

from babelmill.pipeline.formatting.quantities import quantity, share
from babelmill.pipeline.formatting.sanitize import clipped
from babelmill.transforms.write.listed import InputFile
from babelmill.transforms.write.rejected import most_lost

__all__ = ["unread_lines"]


def unread_lines(inputs: Sequence[InputFile]) -> Iterator[str]:
    """Yield a line with the bytes of all input that were not read, and the worst files; none if all were read."""
    lost, size = sum(row.lost_bytes for row in inputs), sum(row.bytes for row in inputs)
    if not lost:
        return
    files = sum(row.lost_bytes > 0 for row in inputs)
    worst = most_lost(inputs)
    named = ", ".join(
        f"{clipped(row.path, 300)} ({quantity(row.lost_bytes, 'B')} of {quantity(row.bytes, 'B')})" for row in worst
    )
    more = f" and {files - len(worst):,} more" if files > len(worst) else ""
    yield f"not read: {quantity(lost, 'B')} of {quantity(size, 'B')} of input ({share(lost, size)}): {named}{more}"
