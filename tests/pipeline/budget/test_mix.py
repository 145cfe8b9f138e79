"""The mix: both levels add up, no cap is exceeded, weights and shares do what they say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.budget.mix import Mix, cap_of, mix
from babelmill.pipeline.config.budget import BudgetSection
from babelmill.transforms.write.strata import Strata

LANGUAGES, SOURCES = ("zh", "en", "sv"), ("web", "books")
cells = st.dictionaries(
    st.tuples(
        st.sampled_from(LANGUAGES),
        st.sampled_from(SOURCES),
        st.sampled_from([0, 1024, 32768]),
        st.sampled_from([1, 2, 8]),
    ),
    st.integers(0, 10**9),
    max_size=20,
)
caps = st.dictionaries(st.sampled_from([*LANGUAGES, "rest"]), st.sampled_from([0.5, 1, 4, 7.3]))
source_caps = st.dictionaries(st.sampled_from([*SOURCES, "rest"]), st.sampled_from([0.5, 1, 4, 7.3]))
weights = st.fixed_dictionaries(
    {
        "source": st.dictionaries(st.sampled_from(SOURCES), st.sampled_from([0, 0.5, 3])),
        "cluster_size": st.dictionaries(st.sampled_from([1, 2, 4]), st.sampled_from([0.5, 3])),
        "n_tokens": st.dictionaries(st.sampled_from([0, 1024, 16384]), st.sampled_from([0.5, 3])),
    }
)
shares = st.sampled_from([{}, {"books": 0.3, "rest": 0.7}, {"web": 1}, {"web": 0.25, "books": 0.75}])
sections = st.builds(
    BudgetSection,
    total_tokens=st.integers(1, 10**13),
    shares=st.sampled_from(["glm4", {"sv": 0.5, "rest": 0.5}, {"zh": 1}]),
    sampling=st.sampled_from([{"method": "unimax"}, {"method": "temperature", "alpha": 0.3}]),
    max_epochs=caps,
    sources=st.builds(lambda s, m: {"shares": s, "max_epochs": m}, shares, source_caps),
    weights=weights,
)


def strata(found: dict[Any, int]) -> Strata:
    return Strata(((key, (tokens // 100, 4 * tokens, tokens, tokens)) for key, tokens in found.items()))


def made(found: dict[Any, int], scale: float = 1, **section: Any) -> Mix:
    return mix(BudgetSection(**section), strata(found), LANGUAGES, SOURCES, scale)


def planned(found: Mix, **where: Any) -> int:
    return sum(one.planned for one in found.strata if all(getattr(one, name) == value for name, value in where.items()))


@given(cells, sections, st.sampled_from([1, 1000, 2.5]))
def test_what_is_wanted_adds_up_to_the_token(found: dict[Any, int], section: BudgetSection, scale: float) -> None:
    result = mix(section, strata(found), LANGUAGES, SOURCES, scale)
    assert sum(result.languages.values()) == section.total_tokens
    assert sum(result.sources.values()) == section.total_tokens
    assert tuple(result.languages) == LANGUAGES
    assert tuple(result.sources) == SOURCES


@given(cells, sections, st.sampled_from([1, 1000, 2.5]))
def test_no_cap_is_exceeded_and_nothing_is_lost(found: dict[Any, int], section: BudgetSection, scale: float) -> None:
    result = mix(section, strata(found), LANGUAGES, SOURCES, scale)
    for names, part, bounds in (
        (LANGUAGES, "lang", section.max_epochs),
        (SOURCES, "source", section.sources.max_epochs),
    ):
        for name in names:
            mine = [one for one in result.strata if getattr(one, part) == name]
            cap = cap_of(bounds, name)
            assert cap is None or all(one.planned <= one.have * cap for one in mine)
    assert all(not one.planned for one in result.strata if not one.weight or not one.have)
    # What is missing, is missing because all that anything is wanted of is full.
    missing = section.total_tokens - planned(result)
    assert missing >= 0
    if missing:
        wanted = {lang for lang, tokens in result.languages.items() if tokens > 1}
        usable = [one for one in result.strata if one.lang in wanted and one.weight]
        assert all(one.planned == one.most for one in usable)


@given(cells, sections)
def test_the_documents_are_those_of_the_run(found: dict[Any, int], section: BudgetSection) -> None:
    result = mix(section, strata(found), LANGUAGES, SOURCES)
    kept = {(one.lang, one.source, one.tokens_from, one.cluster_from): one.have for one in result.strata}
    assert kept == found


def test_a_language_has_the_same_epochs_throughout() -> None:
    found = {("zh", "web", 0, 1): 100, ("zh", "books", 1024, 2): 300, ("en", "web", 0, 1): 400}
    result = made(found, total_tokens=1200, shares={"zh": 1 / 3, "en": 2 / 3}, max_epochs={})
    assert [one.planned / one.have for one in result.strata] == [1, 1, 2]
    assert result.sources == {"web": 900, "books": 300}


def test_what_a_capped_language_cannot_take_goes_to_the_others_by_their_shares() -> None:
    found = {("zh", "web", 0, 1): 10, ("en", "web", 0, 1): 10**6, ("sv", "web", 0, 1): 10**6}
    shares = {"zh": 0.4, "en": 0.4, "sv": 0.2}
    result = made(found, total_tokens=1000, shares=shares, max_epochs={"zh": 4})
    assert result.languages == {"zh": 400, "en": 400, "sv": 200}
    assert [planned(result, lang=lang) for lang in LANGUAGES] == [40, 640, 320]


def test_sources_are_weighed() -> None:
    found = {("zh", "web", 0, 1): 600, ("zh", "books", 0, 1): 200}
    result = made(found, total_tokens=1200, shares={"zh": 1}, weights={"source": {"books": 3}}, max_epochs={})
    assert [planned(result, source=source) for source in SOURCES] == [600, 600]


def test_large_clusters_and_long_documents_are_weighed_from_a_bound_on() -> None:
    found = {("zh", "web", 0, 1): 100, ("zh", "web", 0, 4): 100, ("zh", "web", 65536, 8): 100}
    more = {"cluster_size": {2: 2}, "n_tokens": {32768: 3}}
    result = made(found, total_tokens=900, shares={"zh": 1}, weights=more, max_epochs={})
    assert [one.planned for one in result.strata] == [100, 200, 600]


def test_shares_of_sources_are_met_over_all_languages() -> None:
    # Books are in Chinese only, a quarter of it; half of everything is to be books.
    found = {("zh", "web", 0, 1): 75, ("zh", "books", 0, 1): 25, ("en", "web", 0, 1): 100}
    result = made(
        found, total_tokens=1000, shares={"zh": 0.6, "en": 0.4}, max_epochs={},
        sources={"shares": {"books": 0.5, "rest": 0.5}},
    )  # fmt: skip
    assert result.sources == {"web": 500, "books": 500}
    assert planned(result, source="books") == pytest.approx(500, abs=1)
    assert [planned(result, lang=lang) for lang in LANGUAGES] == [600, 400, 0]


def test_a_language_without_anything_is_wanted_all_the_same() -> None:
    result = made({("zh", "web", 0, 1): 30, ("zh", "books", 0, 1): 10}, total_tokens=800, shares={"sv": 1})
    assert result.languages == {"zh": 0, "en": 0, "sv": 800}
    assert result.sources == {"web": 600, "books": 200}
    assert planned(result) == 0


def test_the_smaller_of_two_caps_counts() -> None:
    found = {("zh", "web", 0, 1): 100, ("zh", "books", 0, 1): 100}
    result = made(found, shares={"zh": 1}, max_epochs={"zh": 4}, sources={"max_epochs": {"web": 1, "books": 9}})
    assert [planned(result, source=source) for source in SOURCES] == [100, 400]


def test_scale() -> None:
    once, scaled = ({("zh", "web", 0, 1): 100}, made({("zh", "web", 0, 1): 100}, scale=1e6, shares={"zh": 1}))
    assert scaled.strata[0].have == 10**8
    assert planned(scaled) == 4 * 10**8
    assert planned(made(once, shares={"zh": 1})) == 400
