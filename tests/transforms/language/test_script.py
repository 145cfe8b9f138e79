"""Hans or Hant, on sentences as people write them."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.documents import LANG
from babelmill.transforms.language.han import SIMPLIFIED, TRADITIONAL
from babelmill.transforms.language.script import Script


def scripts(texts: list[str], lang: str = "zh") -> list[str | None]:
    langs = pa.array([lang] * len(texts), pa.string()).dictionary_encode().cast(LANG)
    step = Script()
    [found] = step(pa.record_batch({"text": pa.array(texts, pa.string()), "lang": langs}))
    assert [field.type for field in step.adds] == [found.type]
    codes: list[str | None] = found.to_pylist()
    return codes


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("这个命令显示文件系统的使用情况，并且可以按照大小排序。", "Hans"),
        ("這個指令會顯示檔案系統的使用情形，並且可以依照大小排序。", "Hant"),
        ("人人生而自由，在尊严和权利上一律平等。", "Hans"),
        ("人人生而自由，在尊嚴和權利上一律平等。", "Hant"),
        ("呢份文件喺香港嘅電腦度開唔到，請聯絡我哋。", "Hant"),
        ("床前明月光，疑是地上霜。", None),
        ("皇后在里面，面和干的一台", None),
        ("床前明月光，疑是地上霜。举头望明月，低头思故乡。", "Hans"),
        ("床前明月光，疑是地上霜。舉頭望明月，低頭思故鄉。", "Hant"),
        ("“髮”和“發”在简体字中都写作“发”，这样的例子还有许多。", "Hans"),
        ("简体：国；繁體：國", None),
        ("English, 123", None),
        ("", None),
    ],
)
def test_sentences(text: str, script: str | None) -> None:
    assert scripts([text]) == [script]


@pytest.mark.parametrize("lang", ["ja", "yue", "und", "en"])
def test_only_chinese_has_one(lang: str) -> None:
    assert scripts(["這個指令会显示檔案", "国"], lang) == [None, None]


@given(texts=st.lists(st.text(st.sampled_from("国國发發后里a é😀"), max_size=12), max_size=4))
def test_like_a_plain_count(texts: list[str]) -> None:
    expected = []
    for text in texts:
        hans, hant = (sum(map(text.count, part)) for part in ("国发", "國發"))
        expected.append("Hans" if hans >= 2 * hant and hans else "Hant" if hant >= 2 * hans and hant else None)
    assert scripts(texts) == expected


def test_rows_of_a_mixed_slice() -> None:
    langs = pa.array(["en", "zh", "ja", "zh"]).dictionary_encode().cast(LANG)
    batch = pa.record_batch({"text": ["国", "國", "国", "国"], "lang": langs})
    assert Script()(batch)[0].to_pylist() == [None, "Hant", None, "Hans"]
    assert Script()(batch.slice(1, 2))[0].to_pylist() == ["Hant", None]


def test_the_table() -> None:
    assert not set(SIMPLIFIED) & set(TRADITIONAL)
    for part in (SIMPLIFIED, TRADITIONAL):
        assert list(part) == sorted(set(part))
        assert all(0x3400 <= ord(character) <= 0x9FFF for character in part)
        assert not set("后里干面台乾云著着於于只系征了群床秘") & set(part)
    assert set("国发会这说为") < set(SIMPLIFIED)
    assert set("國發會這說為爲裡裏") < set(TRADITIONAL)
