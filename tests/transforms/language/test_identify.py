"""Languages, on short texts that people wrote in 75 of them."""

import gzip
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import ValidationError

from babelmill.transforms.documents import documents
from babelmill.transforms.errors import WorldError
from babelmill.transforms.language.identify import Identify, known_languages, load_model
from babelmill.transforms.languages import GLM4
from babelmill.transforms.text.gate import gate

TEXTS = Path(__file__).parents[2] / "data" / "languages.jsonl.gz"


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with gzip.open(TEXTS) as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def prose(rows: list[dict[str, str]]) -> dict[str, str]:
    """Language → a page of the texts that people wrote in it."""
    pages: dict[str, list[str]] = {}
    for row in rows:
        pages.setdefault(row["lang"], []).append(gate(row["text"]))
    return {lang: "\n".join(texts) for lang, texts in pages.items()}


def identify(texts: list[str], model: str, **settings: object) -> tuple[list[str], list[float]]:
    return judge(texts, model, **settings)[:2]


def judge(
    texts: list[str], model: str, **settings: object
) -> tuple[list[str], list[float], list[str | None], list[float]]:
    step = Identify(model, **settings)  # type: ignore[arg-type]
    columns = step(documents(texts, source="t"))
    assert [field.type for field in step.adds] == [column.type for column in columns]
    lang, score, second, share = (column.to_pylist() for column in columns)
    assert all(0.2 <= s <= 0.5 if code else s == 0 for code, s in zip(second, share, strict=True))
    return lang, score, second, share


def test_macro_f1_with_every_other_language_in_the_pool(rows: list[dict[str, str]], lid_model: str) -> None:
    found, scores = identify([gate(row["text"]) for row in rows], lid_model)
    assert all(0 <= score <= 1 for score in scores)
    f1 = {}
    for lang in GLM4:
        right = sum(code == lang == row["lang"] for code, row in zip(found, rows, strict=True))
        said, there = found.count(lang), sum(row["lang"] == lang for row in rows)
        f1[lang] = 2 * right / (said + there)
    assert sum(f1.values()) / len(f1) >= 0.99, f1
    # About 17 texts a language: one taken wrongly costs 0.03.
    assert min(f1.values()) >= 0.93, f1
    others = [code in GLM4 for code, row in zip(found, rows, strict=True) if not row["target"]]
    assert sum(others) / len(others) <= 0.02


@pytest.mark.parametrize("text", ["", " \n", "12345", "!!! ... ???", "3.14 + 2 = 5.14", "😀😀", "١٢٣"])
def test_text_without_letters_is_undetermined(text: str, lid_model: str) -> None:
    assert identify([text], lid_model) == (["und"], [0.0])


@pytest.mark.parametrize("text", ["a", "ok", "OK", "123 kg", "PDF", "www", "no", "ERROR 404", "http://a.b/c"])
def test_very_short_text_is_undetermined(text: str, lid_model: str) -> None:
    assert identify([text], lid_model)[0] == ["und"]


def test_a_score_below_the_least_is_undetermined(lid_model: str) -> None:
    text = "This is an ordinary sentence."
    assert identify([text], lid_model)[0] == ["en"]
    assert identify([text], lid_model, min_score=1.0)[0] == ["und"]


def test_least_scores_by_language(lid_model: str) -> None:
    texts = ["This is an ordinary sentence.", "Ein ganz gewöhnlicher Satz.", "Une phrase tout à fait ordinaire."]
    assert identify(texts, lid_model, min_score={"en": 1, "de": 1})[0] == ["und", "und", "fr"]
    assert identify(texts, lid_model, min_score={"all": 1, "de": 0.1})[0] == ["und", "de", "und"]
    assert Identify(lid_model).min_score == {"all": 0.5}
    assert Identify(lid_model, min_score={"zh": 0.3}).min_score == {"all": 0.5, "zh": 0.3}
    for wrong in ({"zh": 1.5}, {"all": -0.1}, {"zh": float("nan")}, 2, "high", None):
        with pytest.raises(ValidationError):
            Identify(lid_model, min_score=wrong)


@pytest.mark.parametrize("lang", sorted(GLM4.keys() - {"en"}))
def test_an_english_head_does_not_decide(lang: str, prose: dict[str, str], lid_model: str) -> None:
    head = ("Permission is hereby granted, free of charge, to any person obtaining a copy of this software. " * 9)[:850]
    body = (prose[lang] * 9)[:6000]
    for text in (head + "\n" + body, body + "\n" + head):
        [found], [score], [second], _ = judge([text], lid_model)
        assert (found, second) in ((lang, None), (lang, "en"))
        assert score > 0.5


@pytest.mark.parametrize(
    ("first", "second"), [("zh", "en"), ("ru", "ar"), ("de", "tr"), ("ja", "ko"), ("pl", "vi"), ("el", "es")]
)
def test_two_languages(first: str, second: str, prose: dict[str, str], lid_model: str) -> None:
    def piece(lang: str, size: int) -> str:
        return prose[lang].encode()[:size].decode(errors="ignore")

    two_to_one = "\n".join(piece(lang, size) for lang, size in ((first, 1500), (second, 1500), (first, 1500)))
    short = piece(first, 300) + "\n" + piece(second, 200)
    found, scores, seconds, shares = judge([two_to_one, short, piece(first, 4500)], lid_model)
    assert found == [first] * 3
    assert seconds == [second, second, None]
    assert min(scores) > 0.5
    assert shares == pytest.approx([1 / 3, 0.4, 0], abs=0.12)


def test_a_quotation_is_no_second_language(prose: dict[str, str], lid_model: str) -> None:
    text = prose["ru"][:2000] + " To be, or not to be, that is the question. " + prose["ru"][2000:4000]
    assert judge([text, "foo bar 1, 2, 3."], lid_model)[2] == [None, None]


def test_one_language_each_is_not_mixed(rows: list[dict[str, str]], lid_model: str) -> None:
    seconds = judge([gate(row["text"]) for row in rows], lid_model)[2]
    assert sum(second is not None for second in seconds) <= 0.005 * len(rows)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("若要使用此指令，請選擇 [格式]。 Choose Format - Columns - Optimal Width. Double-click right column.", "zh"),
        ("呢宣言嘅任何条文，唔好解释为默许任何国家、集团或个人有权进行任何活动。", "yue"),
        ("Puede contener ún caráuter o más que nun puede usase nos títulos.", "ast"),
        ("Puede contener un carácter o más que no se puede usar en los títulos.", "es"),
        ("ٱلْحَمْدُ لِلَّهِ رَبِّ ٱلْعَـٰلَمِينَ ٱلرَّحْمَـٰنِ ٱلرَّحِيمِ", "ar"),
        ("وَلَقَدْ خَلَقْنَا الْإِنسَانَ مِن سُلَالَةٍ مِّن طِينٍ ثُمَّ جَعَلْنَاهُ نُطْفَةً فِي قَرَارٍ مَّكِينٍ", "ar"),
        ("DIES IST EIN GANZ GEWÖHNLICHER SATZ IN GROSSBUCHSTABEN.", "de"),
        ("first line\n\nsecond line of English text\twith tabs", "en"),
    ],
)
def test_what_models_mix_up(text: str, lang: str, lid_model: str) -> None:
    assert identify([text], lid_model)[0] == [lang]


def test_the_model_alone_can_be_asked(lid_model: str) -> None:
    found, scores = identify(["Ein ganz gewöhnlicher Satz.", "..."], lid_model, method="model")
    assert found == ["de", "und"]
    assert scores[0] > 0.5
    assert scores[1] == 0


def test_an_empty_batch(lid_model: str) -> None:
    assert [len(column) for column in Identify(lid_model)(documents([], source="t"))] == [0] * 4


def test_the_packaged_model_knows_the_recipe(lid_model: str) -> None:
    assert set(GLM4) <= known_languages(lid_model)


def test_a_broken_model_is_named_and_stays(tmp_path: Path, lid_model: str) -> None:
    path = tmp_path / "lid.176.ftz"
    path.write_bytes(Path(lid_model).read_bytes()[:1000])
    with pytest.raises(WorldError, match="lid.176.ftz is no fastText model"):
        load_model(str(path))
    assert path.exists()
    with pytest.raises(WorldError, match="missing.bin"):
        load_model(str(tmp_path / "missing.bin"))
    other = tmp_path / "renamed.ftz"
    shutil.copy(lid_model, other)
    assert load_model(str(other)) is not None


def test_offsets_of_a_slice(lid_model: str) -> None:
    batch = documents(["nothing", "Ceci est une phrase française.", "Это русский текст."], source="t").slice(1)
    assert Identify(lid_model)(batch)[0].to_pylist() == ["fr", "ru"]
    assert isinstance(batch, pa.RecordBatch)
