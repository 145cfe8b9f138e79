"""Languages without a label of their own are told from their nearest relative by words that only they write."""

import re
from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.documents import documents
from babelmill.transforms.language.identify import Identify
from babelmill.transforms.language.relations import related
from babelmill.transforms.language.relatives import RELATIVES
from babelmill.transforms.languages import GLM4

SENTENCES = {
    "szl": "Kej żeś jest we tyj chałupie, dej pozůr, coby sie ńy spůźńić; terozki ńy ma tu żodnego.",
    "csb": "Starna nie je zamkłô, mòże ją zmieniwac, żebë bëło lepi dlô wszëtczich.",
    "sco": "The bairn haes gane tae the schuil, an she canna come hame; it isna far frae here, whit wis it?",
    "nds": "wat nich vun allen bruukt warrt, sünd ole Biller vun em.",
    "gsw": "Das isch e Syte, wu nit vu allne bearbeitet worde isch; du chasch si sälber schrybe, wänn du wottsch.",
}
"""Written for this."""


@pytest.mark.parametrize("code", SENTENCES)
def test_sentences(code: str, lid_model: str) -> None:
    [of] = {one.of for one in RELATIVES if one.code == code} - ({"nl"} if code == "nds" else set())
    assert related(pa.array([SENTENCES[code]]), [of]) == [code]
    assert Identify(lid_model)(documents([SENTENCES[code]], source="t"))[0].to_pylist()[0] not in GLM4


def test_only_where_the_models_say_the_relative() -> None:
    assert related(pa.array([SENTENCES["szl"]] * 2), ["de", "und"]) == ["de", "und"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Strona została przeniesiona przez użytkownika, ponieważ nie była zgodna z zasadami.", "pl"),
        ("And ye shall know the truth, and the truth shall make you free, as it was written afore.", "en"),
        (
            "The poet wrote “tae a moose” in Scots, which is to say: to a mouse, for he had seen one in a field that "
            "he ploughed, and was sorry that its house was broken before the winter came; so it was his first line.",
            "en",
        ),
        ("Diese Seite ist nicht mehr da, du kannst sie ändern, wenn du möchtest.", "de"),
        ("Deze pagina bestaat niet meer, maar u kunt haar opnieuw aanmaken.", "nl"),
        ("این صفحه دیگر وجود ندارد، اما می‌توانید آن را دوباره بسازید.", "fa"),
    ],
)
def test_a_text_in_the_larger_language_stays(text: str, code: str) -> None:
    assert related(pa.array([text]), [code]) == [code]


def test_the_tables() -> None:
    assert len(RELATIVES) <= 32
    for one in RELATIVES:
        words = one.words.split()
        assert one.of in GLM4
        assert len(words) == len(set(words)) >= 15
        assert all(re.fullmatch(r"[^\W\d_]+", word) and word == word.lower() for word in words)


def plain(text: str, of: str) -> str:
    words = [word.translate(_SMALL) for word in re.findall(r"[^\W\d_]+", text)]
    found = [(sum(word in one.words.split() for word in words), one.code) for one in RELATIVES if one.of == of]
    most, code = max(found, key=lambda pair: pair[0])
    return code if most and most >= (0.09 if most == 1 else 0.04) * len(words) else of


_SMALL = {point: chr(point).lower() for point in (*range(65, 91), *range(0xC0, 0xDF), *range(0x410, 0x420))}
"""The capitals that count: of ASCII, Latin-1 and Cyrillic А to П."""
_PIECES: Sequence[str] = ("tae", "TAE", "Frae", "nicht", "ńy", "Ôd", "ôd", "лем", "Лем", "house", "是", "ونه", "x", "Ž")
_BETWEEN: Sequence[str] = (" ", ", ", "-", "“", "»", "،", "1", "\n", "。", "_")


@given(
    parts=st.lists(st.tuples(st.sampled_from(_PIECES), st.sampled_from(_BETWEEN)), max_size=20),
    of=st.sampled_from(sorted({one.of for one in RELATIVES})),
)
def test_like_a_plain_count(parts: list[tuple[str, str]], of: str) -> None:
    text = "".join(map("".join, parts))
    assert related(pa.array(["", text, "tae"]), ["en", of, "es"]) == ["en", plain(text, of), "es"]
