"""Ids of any scalar type, dates of any unit and range; what cannot be said is None and raises nothing."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.read.scalars import as_day, as_text

DAY = datetime.date(2024, 1, 31)
NUMBER = DAY.toordinal() - datetime.date(1970, 1, 1).toordinal()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"), (2**70, str(2**70)), (True, "true"), (False, "false"), (1.5, "1.5"), (3.0, "3.0"), ("x", "x"),
        (Decimal("1.10"), "1.10"), (DAY, "2024-01-31"), (datetime.datetime(2024, 1, 31, 5), "2024-01-31T05:00:00"),
        (datetime.time(5), "05:00:00"), (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"), (b"id", "id"),
        (b"\xff\x00", "ff00"), ("half \ud83d", "half ?"), (None, None), ("", None), (float("inf"), None), ("a\0", None),
        ({}, None),
    ],
)  # fmt: skip
def test_text(value: Any, text: str | None) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    "value",
    [
        DAY, datetime.datetime(2024, 1, 31, 23), "2024-01-31", "2024-01-31T23:59:59Z", "2024/1/31", "2024.01.31 10:00",
        "20240131", "20240131T101500", "2024年1月31日", "Wed, 31 Jan 2024 10:00:00 GMT", "31 Jan 2024 10:00:00 +0000",
        20240131,
        1706695200, 1706695200.5, 1706695200_000, 1706695200_000_000, 1706695200_000_000_000, "1706695200",
        Decimal("1706695200"),
    ],
)  # fmt: skip
def test_a_day(value: Any) -> None:
    assert as_day(value) == NUMBER


@pytest.mark.parametrize(
    "value",
    [
        None, "", "soon", True, [], "2024-13-01", "2024-02-30", float("nan"), float("inf"), 10**30, -(10**30),
        "0000-00-00",
        "99999-01-01", "2024-01", {"year": 2024}, "9" * 5_000, "Wed, 99 Foo 2024",
    ],
)  # fmt: skip
def test_no_day(value: Any) -> None:
    assert as_day(value) is None


@given(st.text(max_size=70) | st.floats() | st.integers() | st.decimals() | st.dates() | st.binary())
def test_nothing_raises(value: Any) -> None:
    day = as_day(value)
    assert day is None or -719_162 <= day <= 2_932_896
    text = as_text(value)
    assert text is None or text.encode()
