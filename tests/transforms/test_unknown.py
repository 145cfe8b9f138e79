"""What a tokenizer could not write, as the ledger books it."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.ledger import KEPT, Counts, Key, Tally
from babelmill.transforms.unknown import (
    CHARACTER,
    NO_TOKEN,
    TOKEN,
    UNKNOWN,
    Lost,
    book_unknown,
    lost_by_language,
    too_much_lost,
)

ROWS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.integers(0, 2)), max_size=12)


def batch(rows: list[tuple[str, int, int]], name: str) -> pa.RecordBatch:
    """Return documents of (source, tokens, unknown or lost ones), of ten bytes each."""
    sources, tokens, counts = zip(*rows, strict=True) if rows else ((), (), ())
    columns = {
        "source": pa.array(sources, pa.string()).dictionary_encode(),
        "n_bytes": pa.array([10] * len(rows), pa.int32()),
        "n_tokens": pa.array(tokens, pa.int32()),
        name: pa.array(counts, pa.int32()),
    }
    return pa.RecordBatch.from_pydict(columns)


@given(ROWS, st.integers(0, 12), st.sampled_from(["n_unknown", "n_lost"]))
def test_sums_by_source_however_the_documents_are_cut(rows: list[tuple[str, int, int]], cut: int, name: str) -> None:
    whole, parts = Tally(), Tally()
    book_unknown(whole, batch(rows, name), "zh")
    for part in (rows[:cut], rows[cut:]):
        book_unknown(parts, batch(part, name), "zh")
    assert whole == parts
    for source in "ab":
        mine = [(tokens, count) for of, tokens, count in rows if of == source]
        some, none = [count for _, count in mine if count], [tokens for tokens, _ in mine if not tokens]
        outcome = TOKEN if name == "n_unknown" else CHARACTER
        found = whole.total(stage=UNKNOWN, source=source, lang="zh", outcome=outcome)
        assert (found.docs, found.bytes) == (len(some), 10 * len(some))
        assert (found.tokens if name == "n_unknown" else found.chars) == sum(some)
        assert whole.total(source=source, outcome=NO_TOKEN).docs == len(none)


def test_a_tokenizer_that_writes_all_books_nothing() -> None:
    tally = Tally()
    book_unknown(tally, batch([("a", 0, 0)], "other"), "zh")
    assert not tally.rows()
    assert lost_by_language(tally.rows()) == {}
    assert too_much_lost(tally.rows(), 0) == ""


def test_shares_by_language() -> None:
    tally = Tally()
    for lang, tokens in (("en", 1000), ("zh", 50), ("ru", 60)):
        tally.add(Key("write", "a", lang, KEPT), Counts(1, 1, 1, tokens))
    tally.add(Key(UNKNOWN, "a", "en", TOKEN), Counts(1, 1, 0, 4))
    tally.add(Key(UNKNOWN, "b", "en", TOKEN), Counts(1, 1, 0, 1))
    tally.add(Key(UNKNOWN, "a", "zh", CHARACTER), Counts(2, 1, 150, 0))
    tally.add(Key(UNKNOWN, "a", "zh", NO_TOKEN), Counts(1, 1))
    found = lost_by_language(tally.rows())
    assert list(found.items()) == [("zh", Lost(0, 150, 1, 50)), ("en", Lost(5, 0, 0, 1000))]
    assert (found["zh"].share, found["en"].share) == (0.75, 0.005)
    assert too_much_lost(tally.rows(), 0.005) == "zh 75.00%"
    assert too_much_lost(tally.rows(), 0.75) == ""
