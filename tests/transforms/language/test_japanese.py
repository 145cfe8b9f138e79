"""Japanese without kana is told from Chinese by the characters that only one of them writes."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.documents import documents
from babelmill.transforms.language.han import SIMPLIFIED
from babelmill.transforms.language.identify import Identify
from babelmill.transforms.language.japanese import weigh
from babelmill.transforms.language.kanji import CHINESE, JAPANESE
from babelmill.transforms.language.script import Script

BYLAWS = (
    "図書館利用規程\n第一章 総則\n第一条 目的及適用範囲\n第二条 開館時間及休館日\n第二章 館内利用\n第三条 閲覧席\n"
    "第四条 複写\n第三章 貸出手続\n第五条 利用者登録\n第六条 貸出期間及冊数\n附則 令和三年四月一日施行。"
)
COMPANY = (
    "会社概要\n商号 株式会社山手鉄工所\n代表取締役 中村三郎\n設立 昭和三十年四月\n資本金 五千万円\n従業員数 百二十名\n"
    "事業内容 鉄骨加工、産業機械製造販売\n本社 神奈川県横浜市西区\n取引銀行 横浜銀行"
)
TIMETABLE = "始発駅発車時刻表 平日 土曜休日 普通 快速 特急 各駅停車 終着駅到着時刻 乗換駅 運転区間 渋谷 横浜 大宮"
SIMPLE = "图书馆使用规定\n第一章 总则\n第一条 目的和适用范围\n第二条 开馆时间\n第二章 借阅手续\n第三条 读者登记"
TRADITIONAL = "圖書館使用規則\n第一章 總則\n第一條 目的與適用範圍\n第二條 開館時間\n第二章 借閱手續\n第三條 讀者登記"
HONG_KONG = "本會為註冊慈善團體，歡迎各界人士捐款支持。查詢請致電辦事處，或於辦公時間內親臨本會。"
CLASSICAL = "學而時習之，不亦說乎？有朋自遠方來，不亦樂乎？人不知而不慍，不亦君子乎？"
VERSE = "白日依山盡，黃河入海流。欲窮千里目，更上一層樓。"
ABOUT_JAPAN = "从东京出发，可以在渋谷駅换乘电车，再经过新横浜到达沢田先生居住的小镇，一共需要两个多小时。"
LEARNING = "日语里“ありがとう”的意思是谢谢，这个词在日常会话中用得非常多，初学者应该先把它记住。"


@pytest.mark.parametrize("text", [BYLAWS, COMPANY, TIMETABLE])
def test_japanese_without_kana(text: str, lid_model: str) -> None:
    batch = documents([text], source="t")
    assert weigh(pa.array([text])).likely > 0.99
    lang, score, second, _ = Identify(lid_model)(batch)
    assert (lang.to_pylist(), second.to_pylist()) == (["ja"], [None])
    assert score[0].as_py() > 0.9


@pytest.mark.parametrize("text", [SIMPLE, TRADITIONAL, HONG_KONG, CLASSICAL, VERSE, ABOUT_JAPAN, LEARNING])
def test_chinese_of_every_kind(text: str, lid_model: str) -> None:
    assert weigh(pa.array([text])).likely < 0.01
    assert Identify(lid_model)(documents([text], source="t"))[0].to_pylist() == ["zh"]


def test_japanese_with_kana_stays(lid_model: str) -> None:
    quoting = "彼は「學而時習之」と書いてから、これは論語の言葉だと説明しました。"
    old = "國民ハ總テノ基本的人權ノ享有ヲ妨ゲラレナイ。此ノ憲法ガ國民ニ保障スル。"
    found = Identify(lid_model)(documents([quoting, old, "今日は雨です。"], source="t"))
    assert found[0].to_pylist() == ["ja"] * 3


def test_a_text_of_neither_is_unsure(lid_model: str) -> None:
    """Forty characters that both write, and none that one alone does."""
    text = "大阪 京都 奈良 山口 長野 福岡 石川 高知 秋田 青森 三重 山形 福井 岡山 大分 宮崎 中野 上野 品川 高松 立川"
    found = weigh(pa.array([text]))
    assert not found.marked[0]
    assert found.likely[0] > 0.85
    assert Identify(lid_model)(documents([text], source="t"))[0].to_pylist() == ["und"]


def test_shinjitai_is_not_hant(lid_model: str) -> None:
    batch = documents([BYLAWS], source="t")
    lang = Identify(lid_model)(batch)[0]
    assert Script()(pa.record_batch({"text": batch["text"], "lang": lang}))[0].to_pylist() == [None]


def test_the_tables() -> None:
    for table in (JAPANESE, CHINESE):
        assert list(table) == sorted(set(table))
    assert not {*JAPANESE} & {*CHINESE}
    assert {*JAPANESE} & {*SIMPLIFIED} == {*"侭戯梼麹麺"}, "OpenCC knows these as simplified, the standards do not"
    assert {*"働込峠畑匂枠駅経済図総営読売戻沢渋円圧囲"} <= {*JAPANESE}
    assert {*"這們你經濟圖總營说这们为"} <= {*CHINESE}
    assert not {*"国学会東京株式年月日号裏説閲"} & {*JAPANESE + CHINESE}


@given(text=st.text(st.sampled_from("経経這经東京ア々 a。"), max_size=40))
def test_like_a_plain_sum(text: str) -> None:
    odds = -math.log(100)
    for char in text:
        if char in JAPANESE or char in "ア々":
            odds += math.log(0.095 / 0.0011)
        elif char in CHINESE:
            odds += math.log(0.0003 / 0.23)
        elif char in "東京":
            odds += math.log(0.905 / 0.769)
    found = weigh(pa.array([text]))
    np.testing.assert_allclose(found.likely, [1 / (1 + math.exp(-odds))], rtol=1e-9)
    assert found.marked.tolist() == [any(char in "経ア々" for char in text)]
