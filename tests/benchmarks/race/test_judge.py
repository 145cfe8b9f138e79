"""The race's judgement: the same rule for everybody."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks.planted import edited, joined, units
from tests.benchmarks.race.judge import found_pairs, right_ids, right_labels, similarity, wrongly_joined
from tests.benchmarks.race.scripts.measure import best_of, joined_by_bands


def test_labels_and_ids() -> None:
    texts = {"en": ["one", "two"], "zh": ["一 two", "二三 a"]}
    assert right_labels({"en": ["en", "de"], "zh": ["en", "zh"]}, texts) == pytest.approx(2 / 3)
    assert right_ids({"en": ["1", "2"], "zh": ["3"]}, {"en": ["1", "9"], "zh": ["3"]}) == pytest.approx(2 / 3)


def test_a_pair_is_found_directly_or_through_others() -> None:
    assert found_pairs([(0, 1)], 4) == 0.5
    assert found_pairs([(0, 2), (2, 1), (3, 2)], 4) == 1.0
    assert found_pairs([], 4) == 0.0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))))
def test_found_pairs_are_those_of_the_closure(pairs: list[tuple[int, int]]) -> None:
    together = [{document} for document in range(10)]
    for one, other in pairs:
        union = together[one] | together[other]
        for document in union:
            together[document] = union
    assert found_pairs(pairs, 10) == sum(even + 1 in together[even] for even in range(0, 10, 2)) / 5


def test_similarity_is_jaccards() -> None:
    assert similarity("abcdef", "abcdef") == 1.0
    assert similarity("abcdef", "abcdeg") == pytest.approx(1 / 3)
    assert similarity("abc", "abc") == 0.0
    assert wrongly_joined([(0, 1), (0, 2)], ["abcdef", "abcdeg", "abcdef"], 0.5) == 1


@given(st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=2), max_size=8))
def test_bands_join_what_has_one_in_common(bands: list[list[int]]) -> None:
    found = joined_by_bands(bands)
    assert all(one < other and any(map(int.__eq__, bands[one], bands[other])) for one, other in found)
    # Each is joined with the first that has its band, so all that have it are in one cluster.
    for document, mine in enumerate(bands):
        firsts = {min(i for i, other in enumerate(bands) if other[place] == band) for place, band in enumerate(mine)}
        assert {one for one, other in found if other == document} == firsts - {document}


def test_the_best_of_some_calls_behind_a_first_one() -> None:
    calls: list[int] = []
    assert best_of(3, lambda: calls.append(1)) >= 0
    assert len(calls) == 4


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_edits_are_of_the_share_that_is_said(lang: str) -> None:
    text = joined([f"{number}" if lang == "en" else chr(0x4E00 + number) for number in range(5_000)], lang)
    copy = units(edited(text, 0.1, lang, ["neu"], random.Random(0)), lang)
    kept = set(units(text, lang)) & set(copy)
    # A third of the edits leave the unit and add another.
    assert len(kept) / 5_000 == pytest.approx(1 - 0.1 * 2 / 3, abs=0.02)
    assert edited(text, 0, lang, ["neu"], random.Random(0)) == text
