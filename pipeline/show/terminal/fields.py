"""Which documents have an id, a url and a date of their own: what the ledger's stage `fields` says, in lines."""

from collections.abc import Iterator, Sequence

from babelmill.transforms.ledger import KEPT, Tally
from babelmill.transforms.read.fields import FIELDS, quoted
from babelmill.transforms.read.sources import Source

__all__ = ["fields_line", "unfilled_fields"]

_ROLES = ("id", "url", "date")


def fields_line(ledger: Tally) -> str:
    """Return the share of the readable documents that have each field."""
    read = ledger.total(stage="read", outcome=KEPT).docs
    found = (f"{role} {_share(ledger.total(stage=FIELDS, outcome=role).docs, read)}" for role in _ROLES)
    return f"fields: {', '.join(found)}"


def _share(part: int, whole: int) -> str:
    """Write a share that says 100 % only of all, and none only of none."""
    if part in (0, whole):
        return "100 %" if part else "– (none)"
    return f"{min(99.9, max(0.1, 100 * part / whole)):.1f} %"


def unfilled_fields(ledger: Tally, sources: Sequence[Source]) -> Iterator[str]:
    """Yield a line for each field that the configuration names and that no document of its source has."""
    booked = {key for key, counts in ledger.by("stage", "source", "outcome").items() if counts.docs}
    for number, source in enumerate(sources):
        if ("read", source.source, KEPT) not in booked:
            continue
        for role in _ROLES:
            if role in source.configured and (FIELDS, source.source, role) not in booked:
                what = f"{'an' if role == 'id' else 'a'} {role} in the field {quoted(source.fields[role][0])}"
                yield f"input.{number}.{role}: no document of source {source.source} has {what}"
