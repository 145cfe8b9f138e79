"""Annotate adds what it promised, Judge alone drops and books, and contract refuses a wrong order."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.documents import READ, documents
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.ledger import KEPT, Counts, Tally
from babelmill.transforms.stages import Annotate, Book, Judge, contract, dropped_schema


@dataclass(frozen=True)
class Add:
    """Adds what it is given, whatever it promised."""

    name: str
    column: Any = None
    reads: tuple[str, ...] = ("text",)

    @property
    def adds(self) -> tuple[pa.Field, ...]:
        return (pa.field(self.name, pa.int32()),)

    def __call__(self, batch: pa.RecordBatch) -> tuple[pa.Array, ...]:
        return (pc.utf8_length(batch["text"]) if self.column is None else self.column,)


@dataclass(frozen=True)
class Has:
    """Drops every text with a letter."""

    letter: str
    reads: tuple[str, ...] = ("text",)

    @property
    def reasons(self) -> tuple[str, ...]:
        return (f"has_{self.letter}",)

    def __call__(self, batch: pa.RecordBatch) -> pa.StringArray:
        return pc.if_else(pc.match_substring(batch["text"], self.letter), self.reasons[0], pa.scalar(None, pa.string()))


def judged(texts: list[str], *letters: str) -> tuple[pa.RecordBatch, list[pa.RecordBatch], Tally]:
    dropped: list[pa.RecordBatch] = []
    book = Book(reject=dropped.append)
    kept = Judge("quality", tuple(Has(letter) for letter in letters))(documents(texts, source="docs"), book)
    return kept, dropped, book.tally


def test_judge_drops_by_the_first_reason() -> None:
    kept, [dropped], tally = judged(["a", "c", "ab", "b", "ba", "d"], "b", "a")
    assert kept.schema == READ
    assert kept["id"].to_pylist() == ["1", "5"]
    assert dropped.schema.names == [*READ.names, "stage", "reason"]
    assert dropped["id"].to_pylist() == ["0", "2", "3", "4"]
    assert dropped["stage"].to_pylist() == ["quality"] * 4
    assert dropped["reason"].to_pylist() == ["has_a", "has_b", "has_b", "has_b"]
    assert {key.outcome: counts for key, counts in tally} == {
        KEPT: Counts(2, 2, 2),
        "has_a": Counts(1, 1, 1),
        "has_b": Counts(3, 5, 5),
    }


@given(st.lists(st.text("abcd", max_size=3)), st.permutations("abc"))
def test_judge_conserves(texts: list[str], letters: list[str]) -> None:
    kept, rejected, tally = judged(texts, *letters)
    reason = [next((f"has_{letter}" for letter in letters if letter in text), None) for text in texts]
    assert kept["text"].to_pylist() == [text for text, why in zip(texts, reason, strict=True) if why is None]
    assert [why for batch in rejected for why in batch["reason"].to_pylist()] == [why for why in reason if why]
    assert {key.outcome: counts.docs for key, counts in tally} == {why or KEPT: reason.count(why) for why in reason}
    assert tally.total(stage="quality", source="docs", lang="").bytes == sum(map(len, texts))


@pytest.mark.parametrize("texts", [[], ["d"]])
def test_judge_rejects_nothing_where_all_is_kept(texts: list[str]) -> None:
    kept, dropped, tally = judged(texts, "a", "b")
    assert kept["text"].to_pylist() == texts
    assert dropped == []
    assert tally.total().docs == len(texts)


def test_judge_may_drop_all_and_needs_no_reject() -> None:
    book = Book()
    kept = Judge("quality", (Has("a"),))(documents(["a"], source="docs"), book)
    assert kept.num_rows == 0
    assert kept.schema == READ
    assert book.tally.rows() == [(("quality", "docs", "", "has_a"), (1, 1, 1, 0))]


def test_judge_without_rules_keeps_and_books() -> None:
    kept, _, tally = judged(["a", "b"])
    assert kept.num_rows == 2
    assert tally.total(outcome=KEPT).docs == 2


def test_annotate_adds_on_the_right_and_books_nothing() -> None:
    book = Book()
    batch = documents(["a", "bcd"], source="docs")
    step = Annotate("quality", (Add("one"), Add("two", reads=("one",))))
    found = step(batch, book)
    assert found.schema == contract(READ, [step])
    assert found.schema.names == [*READ.names, "one", "two"]
    assert found["two"].to_pylist() == [1, 3]
    assert found.select(READ.names) == batch
    assert book.tally == Tally()


@pytest.mark.parametrize(
    "column",
    [pa.array([1], pa.int32()), pa.array([1, 2, 3], pa.int32()), pa.array([1, 2], pa.int64()), pa.array(["a", "b"])],
    ids=["short", "long", "int64", "string"],
)
def test_annotate_checks_what_it_is_given(column: pa.Array) -> None:
    with pytest.raises(ValueError, match="column one"):
        Annotate("quality", (Add("one", column),))(documents(["a", "b"], source="docs"), Book())


def test_reads_leaves_out_what_is_added_inside() -> None:
    step = Annotate("quality", (Add("one", reads=("text", "lang")), Add("two", reads=("one", "text"))))
    assert step.reads == ("text", "lang")
    assert [column.name for column in step.adds] == ["one", "two"]
    assert Judge("quality", (Has("a", ("x", "y")), Has("b", ("y", "z")))).reads == ("x", "y", "z")


def test_dropped_documents_have_the_columns_of_the_last_judge() -> None:
    """One that the first Judge drops has none of the later columns; a part without any still has them."""
    steps = [
        Annotate("a", (Add("one"),)), Judge("a", (Has("a"),)),
        Annotate("b", (Add("two"),)), Judge("b", (Has("b"),)), Annotate("c", (Add("three"),)),
    ]  # fmt: skip
    schema = dropped_schema(READ, steps)
    assert schema.names == [*READ.names, "one", "two", "stage", "reason"]
    assert not schema.field("text").nullable
    assert schema.field("two").nullable
    dropped: list[pa.RecordBatch] = []
    batch = documents(["a", "b", "c"], source="docs")
    for step in steps:
        batch = step(batch, Book(reject=dropped.append))
    assert [set(part.schema.names) - set(schema.names) for part in dropped] == [set(), set()]
    assert all(schema.field(f.name).type == f.type for part in dropped for f in part.schema)
    assert dropped_schema(READ, [Annotate("a", (Add("one"),))]).names == [*READ.names, "stage", "reason"]


def test_contract_gives_the_schema() -> None:
    steps = [Annotate("a", (Add("one"),)), Judge("b", (Has("a", ("one",)),)), Annotate("c", (Add("two"),))]
    assert contract(READ, steps).names == [*READ.names, "one", "two"]


@pytest.mark.parametrize(
    "steps",
    [
        [Judge("late", (Has("a", ("one",)),)), Annotate("quality", (Add("one"),))],
        [Annotate("late", (Add("two", reads=("one",)), Add("one")))],
    ],
    ids=["a step too early", "an annotator too early"],
)
def test_contract_refuses_a_missing_column(steps: list[Any]) -> None:
    with pytest.raises(ConfigError, match="reads one, but only id, source") as caught:
        contract(READ, steps)
    assert caught.value.key == "late"


@pytest.mark.parametrize(
    "steps",
    [
        [Annotate("again", (Add("text"),))],
        [Annotate("first", (Add("one"),)), Annotate("again", (Add("one"),))],
        pytest.param([Annotate("again", (Add("one"), Add("one")))]),
    ],
    ids=["of the reader", "of another step", "in one step"],
)
def test_contract_refuses_a_doubled_column(steps: list[Any]) -> None:
    with pytest.raises(ConfigError, match="adds (text|one)") as caught:
        contract(READ, steps)
    assert caught.value.key == "again"
