"""Bad-word lists: what a folder may hold, and what is told of one that is not right."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from babelmill.pipeline.config.profiles import load_profile, packaged
from babelmill.pipeline.config.sections import QualitySection
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.languages import GLM4
from babelmill.transforms.quality.rules import Bounds

WITHOUT_A_LIST = {"vi", "el", "ro", "uk", "bg"}


def profile_of(folder: Path, **content: Any) -> str:
    path = folder / "mine.yaml"
    en = {"en": {"q_bad_words_ratio": {"at_most": 0.01}}}
    YAML().dump({"languages": en} | content, path)
    return str(path)


def test_ours_cover_all_but_five() -> None:
    profile = load_profile(QualitySection(profile="c4"), tuple(GLM4))
    assert profile
    assert {lang for lang, words in profile.bad_words.items() if not words} == WITHOUT_A_LIST
    assert len(profile.bad_words["en"]) == 403
    bounds = {rule.signal: rule.bounds for rule in profile.rules}
    assert bounds["q_bad_words_ratio"].keys() == GLM4.keys() - WITHOUT_A_LIST
    assert bounds["q_placeholders"]["vi"] == Bounds(None, 0)


def test_a_profile_has_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "en.txt").write_text("\ufeff# mine\nfoo\n\n bar baz \n#hash\n", encoding="utf-8")
    profile = load_profile(QualitySection(profile=profile_of(tmp_path, bad_words="lists")), ("en",))
    assert profile
    assert profile.bad_words == {"en": ("foo", "bar baz", "#hash")}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("größe\n".encode("latin-1"), "en.txt is not in UTF-8 (byte 2); save it in UTF-8"),
        ("word\n".encode("utf-16"), "en.txt is not in UTF-8 (byte 0); save it in UTF-8"),
        ("word\n".encode("utf-16-le"), "en.txt is not in UTF-8 (NUL at 1); save it in UTF-8"),
        (b"# nothing\n\n", "en.txt has no words"),
        (None, "en.txt is missing; add it or drop the rule"),
    ],
)
def test_a_list_that_is_not_right(tmp_path: Path, content: bytes | None, message: str) -> None:
    (tmp_path / "lists").mkdir()
    if content is not None:
        (tmp_path / "lists" / "en.txt").write_bytes(content)
    path = profile_of(tmp_path, bad_words="lists")
    with pytest.raises(ConfigError) as caught:
        load_profile(QualitySection(profile=path), ("en",))
    assert str(caught.value).startswith(f"{path}: bad_words: ")
    assert message in str(caught.value)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"bad_words: no folder '.*nowhere'"):
        load_profile(QualitySection(profile=profile_of(tmp_path, bad_words="nowhere")), ("en",))
    with pytest.raises(ConfigError, match=r"bad_words: expected the path of a folder, got \['a'\]"):
        load_profile(QualitySection(profile=profile_of(tmp_path, bad_words=["a"])), ("en",))


def test_a_language_without_a_list_and_without_a_rule(tmp_path: Path) -> None:
    profile = load_profile(QualitySection(profile=profile_of(tmp_path, languages={"vi": {}})), ("vi",))
    assert profile
    assert profile.bad_words == {"vi": ()}
    with pytest.raises(ConfigError, match=r"a rule of 'vi' counts bad words, and .*vi\.txt is missing"):
        load_profile(
            QualitySection(profile=profile_of(tmp_path, languages={"vi": {"q_bad_words_a_line": {"at_most": 1}}})),
            ("vi",),
        )


def test_every_profile_has_all_its_languages_right() -> None:
    names = {path.stem for path in Path(packaged("quality", "")).glob("*.yaml")}
    assert names == {"fineweb2", "gopher", "c4", "chinesewebtext"}
    chinese = load_profile(QualitySection(profile="chinesewebtext"), ("zh",))
    assert chinese
    assert {rule.signal for rule in chinese.rules} == {
        "n_chars", "q_mean_line_chars", "q_script_chars_ratio", "q_bad_words_a_line",
    }  # fmt: skip
    with pytest.raises(ConfigError, match="'en' has no entry in profile"):
        load_profile(QualitySection(profile="chinesewebtext"), ("zh", "en"))
