"""Grow a base: count words, learn Chinese and the other languages apart, and write both into one tokenizer.json.

GLM-4's recipe (arXiv 2406.12793, section 2): byte-level BPE learns Chinese and multilingual tokens separately, and
merges them with those of cl100k_base into 150,000. Here the two groups take turns. Each chooses its pairs by its own
frequencies alone, and both work on the words as they stand (learn.py), so that no merge of one makes a token of the
other unreachable, and nothing has to be dropped when the two lists meet.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from tokenizers import Tokenizer

from babelmill.transforms.errors import ConfigError
from babelmill.transforms.tokens.train.base import as_bytes, engine, ids_of, model_alone
from babelmill.transforms.tokens.train.learn import Learner, Pair

__all__ = ["CHINESE", "GROUPS", "OTHERS", "Learned", "count_words", "grow", "room"]

GROUPS = ("chinese", "others")
CHINESE, OTHERS = range(2)
_LONGEST = 16
"""Characters of a token at the most, as in SentencePiece (`max_sentencepiece_length`): text without spaces, and phrases
that a site repeats on every page, would else become tokens by the sentence."""
_AT_A_TIME = 100_000


class Learned(NamedTuple):
    """A new token: its id, its spelling in characters for bytes, its group, and how often its pair stood there."""

    id: int
    token: str
    group: int
    times: int


def count_words(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[str]:
    """Count the pieces into which a tokenizer cuts texts before its model sees them, in characters for bytes."""
    normalize = tokenizer.normalizer.normalize_str if tokenizer.normalizer else str
    cut = tokenizer.pre_tokenizer.pre_tokenize_str
    words: Counter[str] = Counter()
    for text in texts:
        words.update(word for word, _ in cut(normalize(text)))
    return words


def room(base: dict[str, Any], size: int, share: int | None = None) -> tuple[list[int], tuple[int, int]]:
    """Return the ids of the new tokens, and how many each group is to learn.

    Args:
        base: the content of a tokenizer.json.
        size: of the whole vocabulary, special tokens included.
        share: how many of the new tokens are learned on Chinese; None is half.

    Returns:
        All ids below `size` that the base leaves free, ascending; the numbers for CHINESE and OTHERS.

    Raises:
        ConfigError: with the key `size` or `chinese`, if there is no room.
    """
    used = set(ids_of(base).values())
    if size <= max(used) or size == len(used):
        raise ConfigError("size", f"{size} leaves no room: the base has {len(used):,} tokens, ids up to {max(used):,}")
    free = sorted(set(range(size)) - used)
    if share is not None and not 0 <= share <= len(free):
        raise ConfigError("chinese", f"{share} is not between 0 and {len(free):,}, the new tokens of size {size}")
    quota = len(free) // 2 if share is None else share
    return free, (quota, len(free) - quota)


def grow(
    base: dict[str, Any],
    chinese: Counter[str],
    others: Counter[str],
    size: int,
    share: int | None = None,
    least: int = 2,
) -> tuple[dict[str, Any], list[Learned]]:
    """Grow a base to `size` tokens. The base's tokens keep their ids, its merges come first.

    Args:
        base: the content of a tokenizer.json.
        chinese: words and how often they occur in Chinese, as `count_words` gives them.
        others: the same of the other languages.
        size: of the whole vocabulary, special tokens included; ids are 0 … size - 1.
        share: how many of the new tokens are learned on Chinese. None is half, and if one group has no pairs left, the
            other goes on.
        least: a pair has to occur so often.

    Returns:
        The content of the new tokenizer.json, and what was learned, in the order of the merges.

    Raises:
        ConfigError: with the key `size` or `chinese`, if it cannot be done.
    """
    free, quotas = room(base, size, share)
    growing = _Growing(base, chinese, others, least)
    learned = list(_learn(growing, free, quotas, fixed=share is not None))
    if len(learned) < len(free):
        found = Counter(one.group for one in learned)
        each = ", ".join(f"{found[group]:,} of {name}" for group, name in enumerate(GROUPS))
        raise ConfigError(
            "size", f"the text gives only {len(learned):,} of {len(free):,} new tokens that occur {least} times "
            f"({each}); more text, a smaller size or another share of Chinese",
        )  # fmt: skip
    return _written(base, learned, growing.merges), learned


class _Growing:
    """The words as they stand, and the merges that were made in them."""

    def __init__(self, base: dict[str, Any], chinese: Counter[str], others: Counter[str], least: int) -> None:
        self._tokenizer, self._known = engine(base), set(ids_of(base))
        self._spelling: dict[int, str] = {number: token for token, number in base["model"]["vocab"].items()}
        self.merges: list[tuple[str, str]] = []
        words = sorted(chinese.keys() | others.keys())
        model, ids, offsets = model_alone(base), array("i"), np.zeros(len(words) + 1, np.int64)
        for start in range(0, len(words), _AT_A_TIME):
            for i, encoding in enumerate(model.encode_batch_fast(words[start : start + _AT_A_TIME]), start + 1):
                ids.extend(encoding.ids)
                offsets[i] = len(ids)
        counts = np.array([[chinese[word], others[word]] for word in words], np.int64).reshape(-1, len(GROUPS))
        self._learner = Learner(np.array(ids, np.int32), offsets, counts, least)

    def next(self, group: int) -> Pair | None:
        """Return a group's most frequent pair that may become a token."""
        while (pair := self._learner.best(group)) is not None:
            token = self._spelling[pair.left] + self._spelling[pair.right]
            if token not in self._known and _is_good(token, self._tokenizer):
                return pair
            self._learner.refuse(group)
        return None

    def merge(self, pair: Pair, number: int) -> str:
        """Make a pair a token; return its spelling."""
        left, right = self._spelling[pair.left], self._spelling[pair.right]
        made = left + right
        self._learner.merge(pair.left, pair.right, number)
        self._spelling[number] = made
        self._known.add(made)
        self.merges.append((left, right))
        return made


def _learn(growing: _Growing, free: list[int], quotas: tuple[int, int], fixed: bool) -> Iterator[Learned]:
    """Yield new tokens until all ids are taken or no pair is left."""
    done, over = [0, 0], [quota == 0 for quota in quotas]
    for number in free:
        pair = None
        while pair is None and not all(over):
            # Whose part of its quota is smaller; Chinese of equals.
            behind = done[CHINESE] * quotas[OTHERS] > done[OTHERS] * quotas[CHINESE]
            group = OTHERS if over[CHINESE] or (behind and not over[OTHERS]) else CHINESE
            pair = growing.next(group)
            over[group] = pair is None
        if pair is None:
            return
        yield Learned(number, growing.merge(pair, number), group, pair.times)
        done[group] += 1
        over[group] = fixed and done[group] == quotas[group]


def _is_good(token: str, tokenizer: Tokenizer) -> bool:
    """Say whether a token is a part of one character, or whole ones, not too many, that stay together on their own.

    Text may be cut elsewhere where it stands alone (`n't` behind `do`, and without it), or be normalised.
    """
    spelt = as_bytes(token)
    begins = [i for i, byte in enumerate(spelt) if byte & 0xC0 != 0x80]
    try:
        text = spelt.decode()
    except UnicodeDecodeError:
        return begins in ([], [0])
    if len(begins) > _LONGEST:
        return False
    found = tokenizer.encode(text, add_special_tokens=False)
    return set(found.word_ids) == {0} and "".join(found.tokens) == token


def _written(base: dict[str, Any], learned: list[Learned], made: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the base's tokenizer.json with the new tokens and merges.

    Added tokens stand in the vocabulary too: `tokenizers` numbers those anew that do not, behind the vocabulary.
    """
    vocab = ids_of(base) | {one.token: one.id for one in learned}
    merges = base["model"]["merges"]
    as_text = bool(merges) and isinstance(merges[0], str)
    new = [" ".join(pair) if as_text else list(pair) for pair in made]
    model = base["model"] | {
        "vocab": dict(sorted(vocab.items(), key=lambda pair: pair[1])),
        "merges": [*merges, *new],
    }
    return base | {"model": model}
