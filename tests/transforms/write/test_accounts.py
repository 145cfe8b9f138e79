"""Accounts: messages in any order add up to the same, and one without a known tag is an error."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.costs import Costs
from babelmill.transforms.ledger import Row, Tally
from babelmill.transforms.messages import (
    costs_message,
    ledger_message,
    note_message,
    statistics_message,
    stratum_message,
)
from babelmill.transforms.statistics.statistics import Statistics, by_lang
from babelmill.transforms.write.accounts import Accounts, ItemAccount, ShardAccount
from babelmill.transforms.write.listed import InputFile
from babelmill.transforms.write.strata import Strata
from tests.transforms.write import made

strata = st.tuples(
    st.tuples(made.texts, made.texts, st.sampled_from(["0", "1024"]), st.sampled_from(["1", "2"])),
    st.tuples(*[st.integers(1, 1 << 40)] * 4),
)
small = st.integers(0, 1 << 40)
items = st.lists(
    st.builds(
        ItemAccount, st.integers(0, 1 << 20), made.names, st.just({"a": 7, "b": 8}),
        st.dictionaries(st.sampled_from("ab"), small), st.dictionaries(st.sampled_from("ab"), small),
        made.costs, st.none() | made.audits,
    ),
    max_size=4, unique_by=lambda item: item.item,
)  # fmt: skip
shards = st.lists(
    st.builds(ShardAccount, made.shards, st.none() | made.index_files, made.costs),
    max_size=4, unique_by=lambda account: account.shard.path,
)  # fmt: skip


@given(st.lists(made.rows, max_size=4), st.lists(strata, max_size=4), items, shards, st.randoms())
def test_they_add_up_in_any_order(
    ledger: list[Row], layers: list[Row], some: list[ItemAccount], files: list[ShardAccount], chance: random.Random
) -> None:
    messages = [*map(ledger_message, ledger), *map(stratum_message, layers), note_message("x", 2), note_message("x", 3)]
    messages += [costs_message({"cpu_s/a": 1.5}), *(account.message() for account in (*some, *files))]
    chance.shuffle(messages)
    assert {key for key, _ in messages} == {0}
    found = Accounts(packed for _, packed in messages)
    assert found.tally == Tally(ledger)
    assert found.strata.rows() == Strata(layers).rows()
    assert found.notes == {"x": 5}
    assert list(found.items) == sorted(some, key=lambda item: item.item)
    assert list(found.shards) == sorted(files, key=lambda account: account.shard.path)
    costs = Costs({"cpu_s/a": 1.5})
    for account in (*some, *files):
        costs.merge(account.costs)
    assert found.costs.sums == pytest.approx(costs.sums)


@given(items)
def test_records_and_inputs_of_items(some: list[ItemAccount]) -> None:
    found = Accounts(account.message()[1] for account in some)
    assert sum(found.records.values()) == sum(sum(item.records.values()) for item in some)
    assert found.records.keys() == {item.source for item in some}
    expected = [(path, sum(item.records.get(path, 0) for item in some)) for path in "ab"] if some else []
    assert [(row.path, row.records) for row in found.inputs] == expected
    for row in found.inputs:
        size = 7 + (row.path == "b")
        # More than all of a file is not lost, whatever the shares of its pieces add up to.
        lost = min(size, sum(item.lost.get(row.path, 0) for item in some))
        assert row == InputFile(row.path, found.items[0].source, size, row.records, lost)


def test_statistics_of_languages() -> None:
    statistics = Statistics()
    parts = list(by_lang(statistics.plain()))
    found = Accounts(statistics_message(part)[1] for part in parts)
    assert found.statistics.plain() == statistics.plain()


@pytest.mark.parametrize("message", [b"", b"x{}", b'{"ledger": []}', b"l[]"])
def test_a_message_without_a_known_tag(message: bytes) -> None:
    with pytest.raises(ValueError, match="internal error: Commit got a message with the tag b'"):
        Accounts([message])


@pytest.mark.parametrize("message", [b"W{}", b"I[]", b'I{"item": 1}'])
def test_a_message_that_is_not_what_its_tag_says(message: bytes) -> None:
    with pytest.raises(ValueError, match="Account"):
        Accounts([message])
