"""Wanted: what is in no wanted language has its reason."""

import pyarrow as pa

from babelmill.transforms.documents import LANG
from babelmill.transforms.language.keep_languages import Wanted


def judge(langs: list[str], languages: tuple[str, ...]) -> list[str | None]:
    column = pa.array(langs, pa.string()).dictionary_encode().cast(LANG)
    found: list[str | None] = Wanted(languages)(pa.record_batch({"lang": column})).to_pylist()
    return found


def test_reasons() -> None:
    expected = [None, "language/not_wanted", "language/undetermined", None]
    assert judge(["zh", "sk", "und", "no"], ("zh", "no")) == expected
    assert set(expected) - {None} == set(Wanted(()).reasons)


def test_undetermined_can_be_wanted() -> None:
    assert judge(["und"], ("und",)) == [None]


def test_an_empty_batch() -> None:
    assert judge([], ("zh",)) == []
