"""Places in a configuration: the line, the column, and an excerpt that is short, visible and without secrets."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.config.places import Place, excerpt, find
from babelmill.pipeline.config.yaml_file import compose_yaml

TEXT = """\
name: x
input:
  - {source: a, files: [b, c]}
  - source: d
    files: "e"
dedup:
  near: {bands: 3}
seed:
"""


@pytest.mark.parametrize(
    ("path", "at_key", "place", "depth"),
    [
        ("name", False, (0, 6, 1), 1),
        ("name", True, (0, 0, 4), 1),
        ("input.0.files.1", False, (2, 27, 1), 4),
        ("input.1.files", False, (4, 11, 3), 3),
        ("input.1.files", True, (4, 4, 5), 3),
        ("input.1.url", True, (3, 4, 17), 2),
        ("input.9", False, (1, 0, 5), 1),
        ("dedup.near.bands", False, (6, 16, 1), 3),
        ("dedup.near.rows", True, (6, 2, 4), 2),
        ("seed", False, (7, 0, 4), 1),
        ("none", False, (0, 0, 7), 0),
    ],
)
def test_find(path: str, at_key: bool, place: tuple[int, ...], depth: int) -> None:
    found, steps = find(compose_yaml(TEXT), TEXT, path.split("."), at_key)
    assert (found.line, found.column, steps) == (*place[:2], depth)
    assert found.width >= 1


def test_an_excerpt_marks_what_is_wrong() -> None:
    assert excerpt(TEXT, Place(6, 9, 5)) == ("  7 |   near: {bands: 3}", "    |          ^^^^^")


@pytest.mark.parametrize(
    "line",
    [
        "hub_token: hf_HUSH",
        "x: {api_key: HUSH, a: 1}",
        '"secret" : HUSH',
        "url: gs://u:HUSH@h/a",
        "a: gs://b/c?X-Goog-Signature=HUSH",
        "password=HUSH",
        "AWS_SECRET_ACCESS_KEY: HUSH",
    ],
)
def test_secrets_are_masked(line: str) -> None:
    for column in range(len(line)):
        for part in excerpt(line, Place(0, column, 3)):
            assert "HUSH" not in part
    assert "***" in excerpt(line, Place(0, 0))[0]


@pytest.mark.parametrize(
    "line", ["tokens: {tokenizer: {package: x}}", "budget: {total_tokens: 10T}", "n_tokens: {32768: 2}"]
)
def test_what_is_no_secret_is_shown(line: str) -> None:
    assert excerpt(line, Place(0, 0))[0].endswith(line)


@given(st.text(max_size=400), st.integers(0, 500), st.integers(1, 500))
def test_an_excerpt_is_short_and_inert(line: str, column: int, width: int) -> None:
    shown, marks = excerpt(line, Place(0, column, width))
    assert len(shown) < 160 * 10
    assert all(char.isprintable() or unicodedata.category(char) == "Cf" for char in shown)
    assert set(marks) <= set(" |^")
    assert "^" in marks


def test_a_long_line_is_cut_around_the_mark() -> None:
    line = "a: [" + "x, " * 1000 + "WRONG" + ", y" * 1000 + "]"
    shown, marks = excerpt(line, Place(0, line.index("WRONG"), 5))
    assert len(shown) < 140
    assert shown[marks.index("^") :].startswith("WRONG")
    assert shown.count("…") == 2


def test_wide_characters_take_two_columns() -> None:
    shown, marks = excerpt("名: 错", Place(0, 3, 1))
    assert (shown, marks) == ("  1 | 名: 错", "    |     ^^")
