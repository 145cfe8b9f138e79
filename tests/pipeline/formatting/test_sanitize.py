"""What `--json` prints is JSON, whatever it is made of and wherever it is printed."""

import codecs
import io
import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.formatting.sanitize import escape_unencodable, inert_json, plain

codecs.register_error("escape", escape_unencodable)
CHARACTERS = st.characters(codec="utf-8") | st.sampled_from("\udc80\udcff\x1b\u2028\u202e𠮷")
"""Those too that a byte of a path that is no UTF-8 becomes."""
TEXTS = st.text(CHARACTERS, max_size=8)
FLAT = (
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.binary(max_size=8) | st.dates() | st.times()
    | st.datetimes(timezones=st.none() | st.just(UTC)) | st.timedeltas() | st.decimals() | st.uuids()
    | st.floats(width=32).map(np.float32) | st.integers(-5, 5).map(np.int64)
)  # fmt: skip
VALUES = st.recursive(
    FLAT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(TEXTS | st.dates() | st.integers() | st.booleans() | st.binary(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


@given(VALUES)
def test_everything_is_json(value: Any) -> None:
    line = inert_json(value)
    assert line.isprintable()
    found = json.loads(line, parse_constant=refuse)
    assert found == json.loads(inert_json(value, indent=2), parse_constant=refuse)
    assert found == plain(value)
    assert all(part.isprintable() for part in inert_json(value, indent=2).split("\n"))


@given(VALUES)
def test_it_stays_json_on_a_terminal_that_lacks_the_characters(value: Any) -> None:
    line = inert_json(value)
    for encoding in ("ascii", "latin-1", "utf-8", "gb2312"):
        written = line.encode(encoding, "escape").decode(encoding)
        assert json.loads(written) == json.loads(line)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_what_is_json_already_stays_the_same(value: Any) -> None:
    assert json.loads(inert_json(value)) == value


@given(st.dates() | st.datetimes(timezones=st.none() | st.just(timezone(timedelta(hours=5, minutes=30)))))
def test_dates_are_iso(day: date) -> None:
    assert type(day).fromisoformat(json.loads(inert_json(day))) == day


class Pair(NamedTuple):
    one: int
    other: float


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), None), (float("inf"), None), (-float("inf"), None), (np.float32("nan"), None),
        (Decimal("1.10"), "1.10"), (Decimal("NaN"), "NaN"), (b"a\xff", "a\\xff"), (bytearray(b"a"), "a"),
        (datetime(2024, 5, 1, 8, tzinfo=UTC), "2024-05-01T08:00:00+00:00"), (time(8, 5), "08:05:00"),
        (timedelta(days=1, microseconds=1500), "PT86400.0015S"), (-timedelta(seconds=1.5), "-PT1.5S"),
        (timedelta(), "PT0S"), ({1: 2, None: 3, date(2024, 5, 1): 4}, {"1": 2, "null": 3, "2024-05-01": 4}),
        (Pair(1, float("nan")), [1, None]), ({7}, [7]), (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (PurePosixPath("/a/b"), "/a/b"), (np.int64(3), 3), ([("a", {"b": b"c"})], [["a", {"b": "c"}]]),
    ],
)  # fmt: skip
def test_plain(value: Any, expected: Any) -> None:
    assert plain(value) == expected


def test_only_writing_is_mended() -> None:
    with pytest.raises(UnicodeDecodeError):
        escape_unencodable(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no"))
    stream = io.TextIOWrapper(io.BytesIO(), "ascii", errors="escape")
    assert stream.write("é𠮷\udcff")
    stream.flush()
    assert stream.buffer.getvalue() == b"\\u00e9\\ud842\\udfb7\\udcff"  # type: ignore[attr-defined]
