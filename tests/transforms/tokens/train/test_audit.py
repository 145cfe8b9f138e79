"""The audit finds what was planted, and nothing where nothing was."""

import math
from collections.abc import Iterator

import pytest

from babelmill.transforms.tokens.train.audit import Rate, audit, growth, rate
from babelmill.transforms.tokens.train.base import engine
from tests.transforms.tokens.train.bases import small_base, texts


def test_a_sound_base() -> None:
    assert audit(small_base()) == (502, 0, {}, (), ())


def test_dead_tokens() -> None:
    base = small_base()
    merges = base["model"]["merges"]
    # Without its merge a token cannot come about, nor can what is made of it.
    left, right = merges[0]
    base["model"]["merges"] = [pair for pair in merges if pair != [left, right] and left + right not in pair]
    vocab = base["model"]["vocab"]
    vocab |= {"ä½": 510, "ä½ł": 511, "a b": 512}
    dead = audit(base).dead
    assert {left + right: vocab[left + right], "ä½": 510, "ä½ł": 511, "a b": 512}.items() <= dead.items()
    assert list(dead.values()) == sorted(dead.values())
    assert audit(base).gaps == 8


def test_a_token_that_text_is_cut_across() -> None:
    base = small_base()
    base["model"]["vocab"]["Ċa"] = 502
    base["model"]["merges"].append(["Ċ", "a"])
    assert audit(base).dead == {"Ċa": 502}


def test_characters_that_do_not_come_back() -> None:
    base = small_base()
    base["pre_tokenizer"]["pretokenizers"].insert(
        0, {"type": "Split", "pattern": {"Regex": "[€\U0010ffff]"}, "behavior": "Removed", "invert": False}
    )
    assert audit(base).broken == (0x20AC, 0x10FFFF)


def test_normalisation_is_no_loss() -> None:
    base = small_base()
    base["normalizer"] = {"type": "NFKC"}
    assert audit(base).broken == ()


def test_control_tokens_that_come_of_text() -> None:
    base = small_base()
    base["model"] |= {"ignore_merges": True, "vocab": base["model"]["vocab"] | {"SYS": 502}}
    base["added_tokens"].append(base["added_tokens"][0] | {"id": 502, "content": "SYS"})
    assert audit(base).leaks == ("SYS",)


def ticks(power: float) -> Iterator[float]:
    """Return the times of a clock where a long word and three short ones take times that grow as n^power."""
    now = 0.0
    while True:
        for size in (16.0, 1.0, 1.0, 1.0):
            yield now
            now += size**power
            yield now


@pytest.mark.parametrize("power", [1.0, 1.2, 2.0])
def test_growth_is_the_power_of_the_length(power: float) -> None:
    clock = ticks(power)
    found = growth(engine(small_base()), 1 << 10, lambda: next(clock))
    assert len(found) == 7
    assert all(one.exponent == pytest.approx(power) for one in found)
    assert all(1000 < one.size <= 1024 for one in found)
    assert all(one.seconds == pytest.approx(16**power) for one in found)


def test_rate() -> None:
    tokenizer = engine(small_base())
    found = rate(tokenizer, texts("zh"))
    assert found.bytes == sum(len(text.encode()) for text in texts("zh"))
    assert found.chars == sum(map(len, texts("zh")))
    assert found.tokens == sum(len(tokenizer.encode(text).ids) for text in texts("zh"))
    assert found.bytes_per_token == found.bytes / found.tokens
    assert found.chars_per_token == found.chars / found.tokens
    assert all(map(math.isnan, (Rate(0, 0, 0).bytes_per_token, Rate(0, 0, 0).chars_per_token)))
