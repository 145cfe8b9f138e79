"""Growing keeps what the base has, makes no dead token, and makes no text longer."""

import json
from collections import Counter
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from babelmill.transforms.errors import ConfigError
from babelmill.transforms.tokens.train.audit import audit
from babelmill.transforms.tokens.train.base import as_bytes, engine, ids_of
from babelmill.transforms.tokens.train.grow import CHINESE, OTHERS, count_words, grow, room
from tests.transforms.tokens.train.bases import small_base, texts

SIZE = 1100


def words_of(base: dict[str, Any], *langs: str) -> Counter[str]:
    return count_words(engine(base), [text for lang in langs for text in texts(lang)])


@cache
def grown(share: int | None = None) -> tuple[dict[str, Any], Any]:
    base = small_base()
    return grow(base, words_of(base, "zh"), words_of(base, "en", "ru", "ar"), SIZE, share)


def test_the_base_is_kept() -> None:
    base, (setting, learned) = small_base(), grown()
    before, after = ids_of(base), ids_of(setting)
    assert {token: after[token] for token in before} == before
    assert sorted(after.values()) == list(range(SIZE))
    assert [one.id for one in learned] == list(range(502, SIZE))
    assert {one.token: one.id for one in learned} == {token: after[token] for token in after.keys() - before.keys()}
    merges = base["model"]["merges"]
    assert setting["model"]["merges"][: len(merges)] == merges
    assert len(setting["model"]["merges"]) == len(merges) + len(learned)
    assert {key: value for key, value in setting.items() if key != "model"} == {
        key: value for key, value in base.items() if key != "model"
    }


def test_nothing_is_dead_or_broken() -> None:
    found = audit(grown()[0])
    assert found == (SIZE, 0, {}, (), ())


def test_tokenizers_numbers_no_token_anew() -> None:
    setting, _ = grown()
    assert Tokenizer.from_str(json.dumps(setting)).get_vocab(with_added_tokens=True) == ids_of(setting)


def test_each_group_learns_its_own() -> None:
    _, learned = grown()
    chinese = [as_bytes(one.token).decode(errors="replace") for one in learned if one.group == CHINESE]
    others = [as_bytes(one.token).decode(errors="replace") for one in learned if one.group == OTHERS]
    assert len(chinese) == len(others) == 299
    assert sum(any("一" <= char <= "龥" for char in token) for token in chinese) > 100
    assert not any("一" <= char <= "龥" for token in others for char in token)
    assert any("а" <= char <= "я" for token in others for char in token)


def test_the_first_pair_is_the_most_frequent() -> None:
    times = [one.times for one in grown()[1] if one.group == CHINESE]
    assert times[0] == max(times)
    assert times[-1] >= 2


@pytest.mark.parametrize("share", [0, 1, 598])
def test_the_share_of_chinese_is_as_asked(share: int) -> None:
    assert sum(one.group == CHINESE for one in grown(share)[1]) == share


@pytest.mark.parametrize("lang", ["zh", "en", "ru", "ar", "ja", "de", "ko"])
def test_no_language_gets_worse(lang: str) -> None:
    before, after = engine(small_base()), engine(grown()[0])
    for text in texts(lang):
        assert len(after.encode(text).ids) <= len(before.encode(text).ids)


@given(
    st.text(
        st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("的是 不ие'sاeи\n1中文 the")), max_size=80
    )
)
def test_any_text_comes_back_in_no_more_tokens(text: str) -> None:
    before, after = engine_of_base(), engine_of_grown()
    ids = after.encode(text, add_special_tokens=False).ids
    assert after.decode(ids, skip_special_tokens=False) == text
    assert len(ids) <= len(before.encode(text, add_special_tokens=False).ids)


@cache
def engine_of_base() -> Tokenizer:
    return engine(small_base())


@cache
def engine_of_grown() -> Tokenizer:
    return engine(grown()[0])


def test_chinese_gains() -> None:
    before, after = (
        sum(len(tokenizer.encode(text).ids) for text in texts("zh"))
        for tokenizer in (engine_of_base(), engine_of_grown())
    )
    assert before > 1.5 * after


def test_the_same_words_in_another_order_give_the_same() -> None:
    base = small_base()
    zh, others = (Counter(dict(reversed(words_of(base, *langs).items()))) for langs in (("zh",), ("en", "ru", "ar")))
    assert json.dumps(grow(base, zh, others, SIZE)[0]) == json.dumps(grown()[0])


@pytest.mark.parametrize(
    "model",
    [
        {"ignore_merges": True},
        {"merges": [" ".join(pair) for pair in small_base()["model"]["merges"]]},
    ],
    ids=["ignore_merges", "merges as text"],
)
def test_other_ways_to_write_a_model(model: dict[str, Any]) -> None:
    base = small_base(**model)
    setting, _ = grow(base, words_of(base, "zh"), words_of(base, "en"), 900)
    assert audit(setting) == (900, 0, {}, (), ())
    assert {type(merge) for merge in setting["model"]["merges"]} == {type(base["model"]["merges"][0])}
    assert setting["model"]["ignore_merges"] == base["model"]["ignore_merges"]


def test_a_dead_token_of_the_base_is_not_learned_again() -> None:
    base = small_base()
    base["model"]["vocab"]["çļĦ"] = 502
    assert "çļĦ" in audit(base).dead
    setting, learned = grow(base, words_of(base, "zh"), words_of(base, "en"), 900)
    assert all(one.token != "çļĦ" for one in learned)
    assert list(audit(setting).dead) == ["çļĦ"]


def test_gaps_of_the_base_are_filled() -> None:
    base = small_base()
    base["added_tokens"][1]["id"] = 600
    setting, learned = grow(base, words_of(base, "zh"), words_of(base, "en"), 900)
    assert ids_of(setting)["<tool>"] == 600
    assert [one.id for one in learned] == [501, *range(502, 600), *range(601, 900)]
    assert audit(setting).gaps == 0
    assert engine(setting).token_to_id("<tool>") == 600


def test_a_group_that_has_no_pairs_left_hands_over() -> None:
    base = small_base()
    _, learned = grow(base, Counter({"çļĦ": 9}), words_of(base, "en"), 600)
    assert sum(one.group == CHINESE for one in learned) == 2
    assert len(learned) == 98
    with pytest.raises(
        ConfigError, match=r"^size: the text gives only 51 of 98 new tokens .*2 of chinese, 49 of others"
    ):
        grow(base, Counter({"çļĦ": 9}), words_of(base, "en"), 600, share=49)


def test_too_little_text() -> None:
    base = small_base()
    with pytest.raises(ConfigError, match="^size: the text gives only 3 of 98 new tokens that occur 2 times"):
        grow(base, Counter({"çļĦ": 9}), Counter({"Ð¸": 5, "Ð°": 1}), 600)


@pytest.mark.parametrize("size", [0, -1, 100, 501, 502])
def test_a_size_without_room(size: int) -> None:
    with pytest.raises(ConfigError, match=f"^size: {size} leaves no room: the base has 502 tokens, ids up to 501"):
        room(small_base(), size)


@pytest.mark.parametrize("share", [-1, 99])
def test_a_share_out_of_bounds(share: int) -> None:
    with pytest.raises(ConfigError, match=f"^chinese: {share} is not between 0 and 98"):
        room(small_base(), 600, share)


def test_tokens_are_not_too_long_and_no_pieces_of_two_characters() -> None:
    base = small_base()
    words = count_words(engine(base), ["abcdefghijklmnopqrstuvwxyz" * 3 + "的是在不了" * 9] * 20)
    spelt = [as_bytes(one.token) for one in grow(base, words, words, 530)[1]]
    assert max(len(token.decode(errors="replace")) for token in spelt) <= 16
    for token in spelt:
        begins = [i for i, byte in enumerate(token) if byte & 0xC0 != 0x80]
        assert begins in ([], [0]) or token.decode()


def test_a_token_stays_one_on_its_own() -> None:
    base = small_base()
    base["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = r"\p{L}+'\p{L}+|\p{L}+|'"
    words = Counter({"qzn't": 50, "xzn't": 50, "jzn't": 50})
    [one] = grow(base, words, Counter(), 503, 1)[1]
    # `'t` is as frequent and has the smaller ids.
    assert one.token == "zn"
