"""What people write around our parts of a README.md stays, to the byte."""

import re

import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from babelmill.pipeline.corpus.marked import _BODY, _HEADER, has_marks, replace_marked

HEADER = {"a": ["a: 1"], "langs": ["langs:", "- x"]}
FRESH = replace_marked(None, HEADER, "Text.")
assert FRESH is not None


def front(content: str) -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load(content.split("---")[1])
    return found


def test_a_fresh_file() -> None:
    assert FRESH.startswith("---\n# Babelmill: ")
    assert FRESH.endswith("below -->\n")
    assert front(FRESH) == {"a": 1, "langs": ["x"]}
    assert "\n\nText.\n\n" in FRESH
    assert has_marks(FRESH)


def test_the_same_again_is_the_same() -> None:
    assert replace_marked(FRESH, HEADER, "Text.") == FRESH


TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)


@given(between=TEXT, after=TEXT, body=st.text("abc \n", max_size=20))
def test_what_is_around_stays(between: str, after: str, body: str) -> None:
    assume(not any(mark in text for mark in (*_HEADER, *_BODY) for text in (between, after)))
    start, header, middle, content, end = re.split(
        f"({re.escape(_HEADER[0])}.*{re.escape(_HEADER[1])}|{re.escape(_BODY[0])}.*{re.escape(_BODY[1])})",
        FRESH,
        flags=re.DOTALL,
    )
    mine = start + header + middle + between + content + end + after
    found = replace_marked(mine, {"b": ["b: 2"]}, body)
    assert found is not None
    assert found.startswith(start)
    assert found.endswith(end + after)
    assert middle + between + _BODY[0] in found
    assert found.count("b: 2") == 1
    assert "Text." not in found or "Text." in between + after


def test_keys_of_a_person_win() -> None:
    mine = FRESH.replace("---\n\n<!--", "a: mine\nmore: [1]\n---\n\n<!--")
    found = replace_marked(mine, {"a": ["a: 2"], "b": ["b: 3"]}, "Text.")
    assert found is not None
    assert front(found) == {"a": "mine", "more": [1], "b": 3}


def test_one_part_may_go() -> None:
    only_body = FRESH[FRESH.index(_BODY[0]) :]
    found = replace_marked(only_body, {"b": ["b: 2"]}, "Other.")
    assert found == only_body.replace("Text.", "Other.")


def test_without_a_whole_pair_of_marks_it_is_a_persons() -> None:
    for mine in (
        "",
        "# Mine\n",
        FRESH.replace(_BODY[1], "").replace(_HEADER[0], ""),
        "\n".join((_BODY[1], _BODY[0])),
        _BODY[0] + FRESH.replace(_HEADER[0], ""),
    ):
        assert not has_marks(mine)
        assert replace_marked(mine, HEADER, "Text.") is None
