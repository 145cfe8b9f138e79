"""Values beside the text as text or as a day: ids of any scalar type, dates of any unit and range.

What cannot be said is None: it costs its field, never the record.

>>> as_text(12), as_text(True), as_text(1e22), as_text(float("nan")), as_text([1])
('12', 'true', '1e+22', None, None)
>>> as_day("2024-01-31T10:00"), as_day("Wed, 31 Jan 2024 10:00:00 GMT"), as_day(1706695200), as_day("2024年1月31日")
(19753, 19753, 19753, 19753)
"""

import datetime
import math
import re
import uuid
from decimal import Decimal
from email.utils import parsedate_tz
from typing import Any

__all__ = ["as_day", "as_text"]

_EPOCH = datetime.date(1970, 1, 1).toordinal()
_FIRST, _LAST = datetime.date.min.toordinal() - _EPOCH, datetime.date.max.toordinal() - _EPOCH
_DAY_S = 86_400
_YMD = re.compile(r"\s*([0-9]{4})(?:[-/.年]\s?([0-9]{1,2})[-/.月]\s?([0-9]{1,2})|([0-9]{2})([0-9]{2}))(?![0-9])")
_NUMBER = re.compile(r"\s*-?[0-9]{1,20}(?:\.[0-9]{1,9})?\s*\Z")
_UNITS = ((10**11, 1), (10**14, 10**3), (10**17, 10**6), (10**20, 10**9))
"""Up to this many, a number of seconds, milliseconds, micro- or nanoseconds since 1970: each until the year 5138."""
_MAIL_CHARS = 64
"""A date of RFC 5322 or 9110 has about 30 characters."""


def as_text(value: Any) -> str | None:
    """Return an id or URL as text, as its type is usually written; None for null, NaN, the empty text and no scalar.

    Half a surrogate is written as `?`, bytes that are no UTF-8 as hexadecimal digits.
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = value
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, int | Decimal | uuid.UUID | datetime.timedelta):
        text = str(value)
    elif isinstance(value, float):
        if not math.isfinite(value):
            return None
        text = repr(value)
    elif isinstance(value, datetime.date | datetime.time):
        text = value.isoformat()
    elif isinstance(value, bytes):
        try:
            text = value.decode()
        except UnicodeDecodeError:
            text = value.hex()
    else:
        return None
    if not text or "\0" in text:
        return None
    return text if text.isascii() else text.encode(errors="replace").decode()


def as_day(value: Any) -> int | None:
    """Return a date in days since 1970, by its own calendar day; a number, or a text of digits, since 1970 in UTC.

    A text begins as ISO 8601 does, with year, month and day in that order otherwise, or is a date of RFC 5322. A number
    is one of seconds, milliseconds, microseconds or nanoseconds, by its size; of eight digits a year, month and day if
    there is such a day. None for what is no date, or none of the years 1 to 9999.
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, datetime.date):
        return value.toordinal() - _EPOCH
    if isinstance(value, int | float | Decimal):
        return _of_number(value)
    return _of_text(value) if isinstance(value, str) else None


def _of_text(value: str) -> int | None:
    try:
        return datetime.date.fromisoformat(value[:10]).toordinal() - _EPOCH
    except ValueError:
        pass
    if found := _YMD.match(value):
        year, *parts = (int(part) for part in found.groups() if part)
        return _of_parts(year, *parts)
    if len(value) <= _MAIL_CHARS:
        if _NUMBER.match(value):
            return _of_number(float(value))
        try:
            mail = parsedate_tz(value)
        except (ValueError, IndexError, OverflowError):
            return None
        return _of_parts(*mail[:3]) if mail else None
    return None


def _of_parts(year: int, month: int, day: int) -> int | None:
    try:
        return datetime.date(year, month, day).toordinal() - _EPOCH
    except (ValueError, OverflowError):
        return None


def _of_number(value: float | Decimal) -> int | None:
    if not (value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)):
        return None
    whole = math.floor(value)
    if 10**7 <= whole < 10**8 and (day := _of_parts(whole // 10_000, whole // 100 % 100, whole % 100)) is not None:
        return day
    unit = next((unit for most, unit in _UNITS if abs(whole) < most), 0)
    day = whole // (unit * _DAY_S) if unit else None
    return day if day is not None and _FIRST <= day <= _LAST else None
