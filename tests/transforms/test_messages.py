"""Messages to Commit: each kind has a tag of its own."""

from babelmill.transforms import messages
from babelmill.transforms.messages import (
    COSTS,
    ITEM,
    LEDGER_ROW,
    NOTE,
    SHARD,
    STATISTICS,
    STRATUM,
    costs_message,
    ledger_message,
    note_message,
    statistics_message,
    stratum_message,
)

ROW = (("read", "a", "", "kept"), (1, 2, 2, 0))


def test_no_two_tags_are_alike() -> None:
    tags = [getattr(messages, name) for name in messages.__all__ if name.isupper()]
    assert len(tags) == len(set(tags)) == 7
    assert {len(tag) for tag in tags} == {1}
    assert {ITEM, SHARD} < set(tags)


def test_what_is_behind_each_tag() -> None:
    assert ledger_message(ROW) == (0, LEDGER_ROW + b'[["read","a","","kept"],[1,2,2,0]]')
    assert stratum_message(ROW) == (0, STRATUM + ledger_message(ROW)[1][1:])
    assert statistics_message(("zh", b"{}")) == (0, STATISTICS + b"{}")
    assert costs_message({"cpu_s/read": 1.5}) == (0, COSTS + b'{"cpu_s/read":1.5}')
    assert note_message("unresolved", 3) == (0, NOTE + b'["unresolved",3]')
