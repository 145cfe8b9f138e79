"""The regexes of well-known tokenizers are understood; whatever else is refused."""

import pytest

from babelmill.transforms.tokens.bpe.pattern import Char, Choice, NotAhead, Refused, Repeat, Sequence, parse
from babelmill.transforms.tokens.named_patterns import PATTERNS


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_known_ones(pattern: str) -> None:
    assert isinstance(parse(pattern), Choice)


@pytest.mark.parametrize(
    ("pattern", "node"),
    [
        ("a", Char("a")),
        (r"[^\r\n[ab\]]]", Char(r"[^\r\n[ab\]]]")),
        ("[一-龥]+", Repeat(Char("[一-龥]"), 1, None)),
        (r"\p{^L}*", Repeat(Char(r"\p{^L}"), 0, None)),
        ("ab?", Sequence((Char("a"), Repeat(Char("b"), 0, 1)))),
        ("(?:a|(b))", Choice((Char("a"), Char("b")))),
        ("(?i:'s)?", Repeat(Sequence((Char("(?i:')"), Char("(?i:s)"))), 0, 1)),
        (r"\s+(?!\S)", Sequence((Repeat(Char(r"\s"), 1, None), NotAhead(r"\S")))),
        ("a{3}", Repeat(Char("a"), 3, 3)),
        ("a{2,}", Repeat(Char("a"), 2, None)),
        ("a{,2}", Repeat(Char("a"), 0, 2)),
    ],
)
def test_nodes(pattern: str, node: object) -> None:
    assert parse(pattern) == node


@pytest.mark.parametrize(
    "pattern",
    [
        "a++", "a*?", "a{1,3}+", "a{1,3}?", "a**", "a{2}{3}", "a{", "a{}", "a{,}", "a{3,1}", "a{0}", "a{1,99}",
        "^a", "a$", r"\bx", r"\A", r"\R", r"\X", r"\1", r"\x41", r"\u0041", "(?=a)", "(?<=a)", "(?!ab)", "(?!a",
        "(?!a)+", "(?i)a", "(?>a)", "(a", "a)", "[a", "[]a]", "+a", "(?i:ss)", "(?i:[ßa]|FI)",
    ],
)  # fmt: skip
def test_refused(pattern: str) -> None:
    with pytest.raises(Refused):
        parse(pattern)
