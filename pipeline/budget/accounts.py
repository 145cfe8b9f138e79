"""Accounts: the ledger with tokens in every row. Of documents that were dropped unread by the tokenizer, they are
estimates, and say so; the ledger itself holds true counts only."""

from collections.abc import Iterable
from typing import NamedTuple

from babelmill.transforms.ledger import KEPT, STAGES, Counts, Tally

__all__ = ["Account", "accounts", "estimated_by"]

_COUNTED = ("tokens", "write")


class Account(NamedTuple):
    """A ledger row with tokens: counted ones, or `estimated`; None where the run kept nothing to estimate by."""

    stage: str
    source: str
    lang: str
    outcome: str
    docs: int
    bytes: int
    chars: int
    tokens: int | None
    estimated: bool


def accounts(ledger: Tally) -> list[Account]:
    """Return every row of the ledger that is of a stage with its tokens; what was masked is of none.

    The stages before `tokens` know none. Theirs are the row's bytes / bytes per token of what was written in its
    language; where that wrote nothing, or no language is known yet, of its source; where that wrote nothing, of the
    whole run. Rounded to the nearest whole number.
    """
    written = Tally(row for row in ledger.rows() if row[0][0] == "write")
    by_lang, by_source, whole = written.by("lang"), written.by("source"), written.total()
    found = []
    for key, counts in ledger:
        if key.stage not in STAGES:
            continue
        counted = key.stage in _COUNTED
        tokens: int | None = counts.tokens
        if not counted:
            rates = (by_lang.get((key.lang,)), by_source.get((key.source,)), whole)
            tokens = _estimate(counts.bytes, next((rate for rate in rates if rate and rate.bytes), None))
        found.append(Account(*key, counts.docs, counts.bytes, counts.chars, tokens, not counted))
    return found


def estimated_by(found: Iterable[Account], name: str) -> dict[str, int]:
    """Add up the tokens of dropped documents by a part of the key, such as `outcome`; what is not known is left out."""
    sums: dict[str, int] = {}
    for account in found:
        if account.outcome != KEPT and account.tokens is not None:
            part = getattr(account, name)
            sums[part] = sums.get(part, 0) + account.tokens
    return sums


def _estimate(size: int, rate: Counts | None) -> int | None:
    return (2 * size * rate.tokens + rate.bytes) // (2 * rate.bytes) if rate else None
