"""The learner against a plain one that counts everything anew, and against the trainer of `tokenizers`."""

import gzip
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from babelmill.transforms.tokens.train.learn import Learner, Pair

Word = tuple[int, ...]
Counts = dict[Word, tuple[int, int]]


def learner_of(words: Counts, least: int) -> Learner:
    ids = np.array([number for word in words for number in word], np.int32)
    offsets = np.cumsum([0, *map(len, words)], dtype=np.int64)
    return Learner(ids, offsets, np.array([*words.values()], np.int64).reshape(-1, 2), least)


def plain_best(words: Counts, group: int, least: int, refused: set[tuple[int, int]]) -> Pair | None:
    """Return the most frequent pair; of equals the one with the smaller ids."""
    found: Counter[tuple[int, int]] = Counter()
    for word, counts in words.items():
        for pair in zip(word, word[1:], strict=False):
            found[pair] += counts[group]
    allowed = [(-times, pair) for pair, times in found.items() if times >= least and pair not in refused]
    if not allowed:
        return None
    times, (left, right) = min(allowed)
    return Pair(left, right, -times)


def plain_merge(word: Word, left: int, right: int, made: int) -> Word:
    merged: list[int] = []
    for number in word:
        if merged and merged[-1] == left and number == right:
            merged[-1] = made
        else:
            merged.append(number)
    return tuple(merged)


words = st.dictionaries(
    st.lists(st.integers(0, 3), max_size=9).map(tuple),
    st.tuples(st.integers(0, 4), st.integers(0, 4)),
    max_size=8,
)


@given(words, st.integers(1, 3), st.lists(st.tuples(st.integers(0, 1), st.booleans()), max_size=25))
def test_like_counting_everything_anew(some: Counts, least: int, steps: list[tuple[int, bool]]) -> None:
    learner = learner_of(some, least)
    standing = [(word, counts) for word, counts in some.items()]
    refused: list[set[tuple[int, int]]] = [set(), set()]
    for number, (group, refuse) in enumerate(steps, 4):
        totals: Counts = {}
        for word, (first, second) in standing:
            before = totals.get(word, (0, 0))
            totals[word] = (before[0] + first, before[1] + second)
        pair = learner.best(group)
        assert pair == plain_best(totals, group, least, refused[group])
        if pair is None:
            continue
        if refuse:
            refused[group].add((pair.left, pair.right))
            learner.refuse(group)
        else:
            standing = [(plain_merge(word, pair.left, pair.right, number), counts) for word, counts in standing]
            learner.merge(pair.left, pair.right, number)


def test_like_the_trainer_of_tokenizers(corpus: Path) -> None:
    with gzip.open(corpus / "zh.jsonl.gz") as lines:
        texts = [json.loads(line)["text"] for line in lines][:40]
    cut = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    theirs = Tokenizer(models.BPE())
    theirs.pre_tokenizer = cut
    theirs.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=756, min_frequency=2, initial_alphabet=alphabet, show_progress=False)
    )
    merges = [tuple(pair) for pair in json.loads(theirs.to_str())["model"]["merges"]]

    counted = Counter(word for text in texts for word, _ in cut.pre_tokenize_str(text))
    learner = learner_of({tuple(map(alphabet.index, word)): (counted[word], 0) for word in sorted(counted)}, 2)
    tokens, ours = list(alphabet), []
    for number in range(256, 756):
        pair = learner.best(0)
        assert pair is not None
        ours.append((tokens[pair.left], tokens[pair.right]))
        tokens.append(tokens[pair.left] + tokens[pair.right])
        learner.merge(pair.left, pair.right, number)
    assert ours == merges


def test_no_words() -> None:
    assert learner_of({}, 1).best(0) is None


def test_too_many_symbols(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babelmill.transforms.tokens.train.learn._MOST", 3)
    with pytest.raises(ValueError, match="4 symbols; 3 is the most"):
        learner_of({(0, 1, 2, 3): (1, 1)}, 1)
