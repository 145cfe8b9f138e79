"""Text is split as the reference splits it, whatever the text."""

import numpy as np
import pytest
from hypothesis import given, settings
from tokenizers import Regex
from tokenizers.pre_tokenizers import Sequence as Steps
from tokenizers.pre_tokenizers import Split

from babelmill.transforms.tokens.bpe.classes import Classes, classify, measure, partition
from babelmill.transforms.tokens.bpe.pattern import Refused, parse
from babelmill.transforms.tokens.bpe.split import Splitter, make_splitter, split
from babelmill.transforms.tokens.bpe.tables import characters_of
from babelmill.transforms.tokens.named_patterns import PATTERNS
from tests.texts import TEXTS

DEEPSEEK = [
    r"\p{N}{1,3}",
    "[一-龥\u3040-ゟ゠-ヿ]+",
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
    "| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
]
LEVELS = {
    **{name: [(pattern, True)] for name, pattern in PATTERNS.items()},
    "deepseek": [(pattern, True) for pattern in DEEPSEEK],
    "dropped gaps": [(r"\p{L}+| ", False), ("[aeiou]", True)],
    "gaps dropped behind": [(r"\s+", True), (r"[a-z]{2,3}", False)],
    "preferred is not longest": [("a|ab|abc?|中{2}|(?:1|12)(?:3|34)", True)],
    "must give back": [(r"[a-zA-Z]*[a-s]+[0-9]?|\s*\n|\s", True)],
}


def built(levels: list[tuple[str, bool]]) -> tuple[Classes, Splitter]:
    nodes = [(parse(pattern), keep) for pattern, keep in levels]
    sources = list(dict.fromkeys(source for node, _ in nodes for source in characters_of(node)))
    classes, holds = partition([measure(source) for source in sources])
    return classes, make_splitter(nodes, dict(zip(sources, holds, strict=True)), holds.shape[1])


BUILT = {name: built(levels) for name, levels in LEVELS.items()}
STEPS = {
    name: Steps([Split(Regex(pattern), "isolated" if keep else "removed", invert=not keep) for pattern, keep in levels])
    for name, levels in LEVELS.items()
}


def pieces(name: str, text: str) -> list[str]:
    classes, splitter = BUILT[name]
    data = np.frombuffer(text.encode(), np.uint8)
    out, work = np.empty(len(data), np.uint8), np.empty((2, len(data) + 1, 2), np.int32)
    classify(data, classes, out)
    count = split(out, len(data), splitter, work)
    found = work[len(LEVELS[name]) % 2, :count].tolist()
    return [text.encode()[start:end].decode() for start, end in found]


@pytest.mark.parametrize("name", LEVELS)
@settings(max_examples=100)
@given(text=TEXTS)
def test_as_the_reference(name: str, text: str) -> None:
    assert pieces(name, text) == [piece for piece, _ in STEPS[name].pre_tokenize_str(text)]


@pytest.mark.parametrize("pattern", ["a*", "a|", "(?!a)", "(?:a*)+", "(?:a?b?)*c", "(?:(?!a)a?)+b"])
def test_refused(pattern: str) -> None:
    with pytest.raises(Refused, match="nothing|empty"):
        built([(pattern, True)])


def test_too_many_states() -> None:
    with pytest.raises(Refused, match="states"):
        built([("(?:[ab]|ac)*a" + "[abc]" * 14, True)])
