"""Quality profiles: the packaged one is complete, overrides change one number, a wrong one is told by file and key."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from ruamel.yaml import YAML

from babelmill.pipeline.config.profiles import Profile, load_profile
from babelmill.pipeline.config.sections import QualitySection
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.languages import GLM4
from babelmill.transforms.quality.rules import Bounds
from babelmill.transforms.text.layout import lay_out

GOOD: dict[str, Any] = {
    "all": {"n_words": {"at_least": 50}, "q_stop_words": {"at_least": 2}},
    "languages": {
        "en": {"stop_words": ["the", "of"], "q_symbol_ratio": {"at_most": 0.1}},
        "zh": {"stop_words": ["的", "是"], "n_words": {"at_least": 20, "at_most": 1000}},
    },
}


def bounds(profile: Profile | None) -> dict[tuple[str, str], Bounds]:
    assert profile
    return {(rule.signal, lang): found for rule in profile.rules for lang, found in rule.bounds.items()}


def written(folder: Path, content: Any) -> str:
    path = folder / "mine.yaml"
    YAML().dump(content, path)
    return str(path)


def good_with(**languages: Any) -> dict[str, Any]:
    return GOOD | {"languages": GOOD["languages"] | languages}


def complaint(section: QualitySection, *wanted: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_profile(section, wanted or ("en", "zh"))
    return str(caught.value)


@pytest.mark.parametrize("name", ["fineweb2", "gopher"])
@pytest.mark.parametrize("lang", GLM4)
def test_our_profiles_know_every_language(lang: str, name: str) -> None:
    profile = load_profile(QualitySection(profile=name), tuple(GLM4))
    assert profile
    found = bounds(profile)
    for signal in ("n_words", "q_stop_words", "q_letter_words_ratio", "q_dup_10gram_ratio"):
        assert found[signal, lang] != Bounds()
    layout = lay_out(pa.array(profile.stop_words[lang], pa.string()))
    starts, ends = layout.doc_words.T
    findable = np.unique(layout.word_hash[starts[ends - starts == 1]])
    assert len(findable) >= max(2, found["q_stop_words", lang].at_least or 0)


def test_off_is_no_profile() -> None:
    assert load_profile(QualitySection(profile="off"), tuple(GLM4)) is None


def test_a_profiles_own_stop_words_replace_the_common_ones(tmp_path: Path) -> None:
    common = load_profile(QualitySection(profile=written(tmp_path, good_with(en={}))), ("en", "zh"))
    own = load_profile(
        QualitySection(profile=written(tmp_path, good_with(en={"stop_words": ["a", "an"]}))), ("en", "zh")
    )
    assert common
    assert own
    assert "the" in common.stop_words["en"]
    assert own.stop_words["en"] == ("a", "an")


def test_a_languages_own_bound_replaces_the_common_one(tmp_path: Path) -> None:
    found = bounds(load_profile(QualitySection(profile=written(tmp_path, GOOD)), ("en", "zh")))
    assert found["n_words", "en"] == Bounds(50, None)
    assert found["n_words", "zh"] == Bounds(20, 1000)
    assert ("q_symbol_ratio", "zh") not in found


@pytest.mark.parametrize(("signal", "side", "limit"), [("n_words", "at_least", 7), ("q_symbol_ratio", "at_most", 0.5)])
def test_an_override_changes_one_number_of_one_language(signal: str, side: str, limit: float) -> None:
    wanted = tuple(GLM4)
    before = bounds(load_profile(QualitySection(), wanted))
    after = bounds(load_profile(QualitySection(overrides={"zh": {signal: {side: limit}}}), wanted))
    assert after == before | {(signal, "zh"): before[signal, "zh"]._replace(**{side: limit})}


def test_an_override_may_bound_a_signal_that_had_no_bound(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    section = QualitySection(profile=path, overrides={"zh": {"q_newline_ratio": {"at_most": 1.5}}})
    assert bounds(load_profile(section, ("en", "zh")))["q_newline_ratio", "zh"] == Bounds(None, 1.5)


EN = GOOD["languages"]["en"]
WRONG_FILES = [
    ({**GOOD, "langauges": {}}, "langauges", "did you mean languages?"),
    (good_with(en=EN | {"n_word": {"at_least": 1}}), "languages.en.n_word", "did you mean n_words?"),
    (good_with(en=EN | {"n_words": {"atleast": 1}}), "languages.en.n_words.atleast", "did you mean at_least?"),
    (good_with(en=EN | {"n_words": {}}), "languages.en.n_words", "at_least or at_most"),
    (good_with(en=EN | {"n_words": 5}), "languages.en.n_words", "got 5"),
    (good_with(en=EN | {"n_words": {"at_least": "x"}}), "languages.en.n_words.at_least", "got 'x'"),
    (good_with(en=EN | {"n_words": {"at_least": True}}), "languages.en.n_words.at_least", "got True"),
    (good_with(en=EN | {"n_words": {"at_least": -1}}), "languages.en.n_words.at_least", "got -1"),
    (good_with(en=EN | {"n_words": {"at_least": float("nan")}}), "languages.en.n_words.at_least", "got nan"),
    (good_with(en=EN | {"q_symbol_ratio": {"at_most": 1.1}}), "languages.en.q_symbol_ratio.at_most", "0 to 1"),
    (good_with(en=EN | {"n_words": {"at_least": 9, "at_most": 5}}), "languages.en.n_words", "9 is more than at_most 5"),
    (good_with(en={"stop_words": []}), "languages.en.stop_words", "q_stop_words wants 2"),
    (good_with(en=[]), "languages.en", "expected a mapping"),
    ({"all": 5, "languages": {}}, "all", "expected a mapping"),
    ({"languages": {"zh": {}}}, "languages: 'en'", "set quality: off"),
    (good_with(zg={}), "languages.zg", "no such language; did you mean"),
    (good_with(de={"n_word": {"at_least": 1}}), "languages.de.n_word", "did you mean n_words?"),
]


@pytest.mark.parametrize(("content", "key", "right"), WRONG_FILES, ids=range(len(WRONG_FILES)))
def test_wrong_file(tmp_path: Path, content: Any, key: str, right: str) -> None:
    path = written(tmp_path, content)
    text = complaint(QualitySection(profile=path))
    assert path in text
    assert key in text
    assert right in text


@pytest.mark.parametrize("words", ["the of", None, 5, ["the", 5]], ids=str)
def test_stop_words_are_a_list_of_words(tmp_path: Path, words: Any) -> None:
    path = written(tmp_path, good_with(en=EN | {"stop_words": words}))
    assert "languages.en.stop_words" in complaint(QualitySection(profile=path))


def test_as_many_stop_words_as_are_wanted(tmp_path: Path) -> None:
    path = written(tmp_path, good_with(en=EN | {"stop_words": ["the"]}))
    assert "languages.en.stop_words" in complaint(QualitySection(profile=path))


WRONG_OVERRIDES = [
    ({"de": {"n_words": {"at_least": 1}}}, "quality.overrides.de: no language of this run"),
    ({"zh": {"n_word": {"at_least": 1}}}, "quality.overrides.zh.n_word: no such signal; did you mean n_words?"),
    ({"zh": {"n_words": {}}}, "quality.overrides.zh.n_words: expected at_least or at_most, got {}"),
    ({"zh": {"n_words": {"atleast": 1}}}, "quality.overrides.zh.n_words.atleast: no such key; did you mean at_least?"),
    (
        {"zh": {"n_words": {"at_most": -1}}},
        "quality.overrides.zh.n_words.at_most: expected a number of at least 0, got -1.0",
    ),
    ({"zh": {"q_symbol_ratio": {"at_most": 2}}}, "quality.overrides.zh.q_symbol_ratio.at_most: 2.0 is outside"),
]


@pytest.mark.parametrize(("overrides", "text"), WRONG_OVERRIDES, ids=range(len(WRONG_OVERRIDES)))
def test_wrong_override(overrides: Any, text: str) -> None:
    assert complaint(QualitySection(overrides=overrides)).startswith(text)


def test_an_override_that_crosses_the_profiles_other_bound(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)  # zh: at_most 1000
    section = QualitySection(profile=path, overrides={"zh": {"n_words": {"at_least": 2000}}})
    assert "quality.overrides.zh.n_words" in complaint(section)


def test_unknown_profile() -> None:
    assert complaint(QualitySection(profile="fineweb")) == (
        "quality.profile: no profile 'fineweb'; did you mean fineweb2?"
    )


@pytest.mark.parametrize("content", [None, "a: [", "a: 1\na: 2\n", "- x\n"], ids=str)
def test_unreadable_profile(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "mine.yaml"
    if content is not None:
        path.write_text(content)
    text = complaint(QualitySection(profile=str(path)))
    assert text.startswith(("quality.profile: ", f"{path}:1:5: quality.profile: ", f"{path}:2:1: quality.profile: "))
    assert str(path) in text


def test_what_holds_for_all_does_not_hold_for_programs_and_undetermined_text(tmp_path: Path) -> None:
    section = QualitySection(profile=written(tmp_path, good_with(code={"q_mean_line_chars": {"at_most": 80}})))
    profile = load_profile(section, ("en", "und", "code"))
    found = bounds(profile)
    assert {signal for signal, lang in found if lang == "code"} == {"q_mean_line_chars"}
    assert not [signal for signal, lang in found if lang == "und"]
    assert found["n_words", "en"] == Bounds(50, None)
    overridden = load_profile(
        QualitySection(profile=section.profile, overrides={"und": {"n_words": {"at_least": 3}}}), ("en", "und", "code")
    )
    assert bounds(overridden)["n_words", "und"] == Bounds(3, None)


@pytest.mark.parametrize("name", ["fineweb2", "gopher", "c4"])
def test_our_profiles_know_programs(name: str) -> None:
    found = bounds(load_profile(QualitySection(profile=name), ("en", "und", "code")))
    assert {signal for signal, lang in found if lang == "code"} == {"q_mean_line_chars", "q_digits_ratio"}
