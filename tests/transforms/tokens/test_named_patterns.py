"""A pattern is one of the names or a regex; a wrong name is not taken for a regex."""

import pytest

from babelmill.transforms.tokens.named_patterns import PATTERNS, regex_of


@pytest.mark.parametrize("name", PATTERNS)
def test_names(name: str) -> None:
    assert regex_of(name) == PATTERNS[name]
    assert regex_of(PATTERNS[name]) == PATTERNS[name]


@pytest.mark.parametrize("regex", [r"\S+|\s+", ".", " ", "[ab]", "x*", "(?!)"])
def test_a_regex_is_itself(regex: str) -> None:
    assert regex_of(regex) == regex


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cl100", "'cl100' is neither the name of a pattern nor a regex; did you mean cl100k?"),
        ("o200", "'o200' is neither the name of a pattern nor a regex; did you mean o200k?"),
        ("cl100k_base", "did you mean cl100k?"),
        ("GPT-2", "'GPT-2' is neither"),
        ("cl100k_base.tiktoken", "; one of gpt2, cl100k, o200k"),
        ("r50k_base", "; one of gpt2, cl100k, o200k"),
        ("Größe", "'Größe' is neither"),
        ("", "'' is neither"),
        ("(", "'(' is no regex: Oniguruma error: end pattern with unmatched parenthesis"),
        (r"\p{Nope}", "is no regex: Oniguruma error: invalid character property name"),
    ],
)
def test_what_is_neither(name: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        regex_of(name)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
