"""The table of cases, one by one, and all together with each kind alone."""

import re

import pyarrow as pa
import pytest

from babelmill.transforms.pii.kinds import KINDS, PLACEHOLDERS, Kind
from babelmill.transforms.pii.mask import Mask
from tests.transforms.pii.cases import FALSE, TRUE

TRUE_CASES = [(kind, case) for kind in KINDS for case in TRUE[kind]]
FALSE_CASES = [case for kind in KINDS for case in FALSE[kind]]


def masked(text: str, *kinds: Kind) -> str:
    found: str = Mask(kinds or KINDS)(pa.array([text]))[0][0].as_py()
    return found


@pytest.mark.parametrize(("kind", "case"), TRUE_CASES)
def test_personal_data_is_replaced(kind: Kind, case: str) -> None:
    text = case.replace("⟦", "").replace("⟧", "")
    assert masked(text) == re.sub("⟦.*?⟧", PLACEHOLDERS[kind], case)
    assert masked(text, kind) == masked(text)
    assert masked(text, *(other for other in KINDS if other != kind)) == text


@pytest.mark.parametrize("case", FALSE_CASES)
def test_what_only_looks_like_it_stays(case: str) -> None:
    assert masked(case) == case


def test_the_table_is_large() -> None:
    assert len(TRUE_CASES) > 120
    assert len(FALSE_CASES) > 150


@pytest.mark.parametrize("kind", KINDS)
def test_cases_hold_among_others(kind: Kind) -> None:
    """A case on a line of its own is found as if it were alone."""
    cases = [*TRUE[kind], *FALSE[kind]]
    texts = [case.replace("⟦", "").replace("⟧", "") for case in cases]
    assert masked("\n".join(texts)).split("\n") == "\n".join(map(masked, texts)).split("\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4111111111111111@example.org", "<EMAIL>"),
        ("<EMAIL> <PHONE> <CARD>", "<EMAIL> <PHONE> <CARD>"),
        ("Tel. 4111 1111 1111 1111", "Tel. <CARD>"),
        ("手机110101199003070134", "手机<ID_NUMBER>"),
        ("IP 54.23.12.100, Tel. 030/1234567, a@b.de", "IP <IP_ADDRESS>, Tel. <PHONE>, <EMAIL>"),
        ("13812345678,13912345678", "<PHONE>,<PHONE>"),
    ],
)
def test_one_kind_wins(text: str, expected: str) -> None:
    assert masked(text) == expected
