"""One JSON object from a stranger, within limits; a value that is odd beside a sound text does not cost the text."""

import json
import re
from typing import Any

import orjson

from babelmill.transforms.read.limits import Limits

__all__ = ["BOM", "parse_object"]

BOM = b"\xef\xbb\xbf"
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_DIGIT = re.compile(rb"[0-9]")
_NESTED = (dict, list)
_MOST_NESTED = 1_000_000
"""Objects and arrays in one record: each costs 100 bytes and the collector's time, and millions of them seconds."""


def parse_object(raw: bytes, limits: Limits) -> dict[str, Any] | tuple[str, str]:
    """Return the JSON object that some bytes are; of any others their reason as in the ledger, and the error in words.

    NaN and Infinity, half a surrogate, bytes that are no UTF-8 and control characters inside of strings are let
    through: a text that has them is refused by the gate, and one beside them is none the worse. In strings half a
    surrogate is itself, and a byte that is no UTF-8 is U+DC80 to U+DCFF.
    """
    nested = _brackets(raw)
    if nested > _MOST_NESTED and _brackets(_STRING.sub(b"", raw)) > _MOST_NESTED:
        return "read/json_too_complex", f"more than {_MOST_NESTED} objects and arrays"
    if _too_long_number(raw, limits.json_digits):
        return "read/json_number_too_long", f"more than limits.json_digits, {limits.json_digits}"
    try:
        found: Any = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        problem = str(error)
        if "depth limit" in problem:
            return "read/json_too_deep", problem
        try:
            found = json.loads(raw.decode(errors="surrogateescape"), strict=False)
        except RecursionError:
            return "read/json_too_deep", problem
        except ValueError:
            return _problem(raw, problem)
    if nested > limits.json_depth and type(found) in _NESTED and _too_deep(found, limits.json_depth):
        return "read/json_too_deep", f"more than limits.json_depth, {limits.json_depth}"
    return found if isinstance(found, dict) else ("read/not_object", f"a {type(found).__name__}")


def _problem(raw: bytes, problem: str) -> tuple[str, str]:
    """Return the reason and the error of what is no JSON."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return "read/not_utf8", str(error)
    return "read/not_json", problem


def _too_long_number(raw: bytes, most: int) -> bool:
    """Say whether a number outside of strings has more than `most` digits in a row.

    Such a run crosses a multiple of `most`, so few bytes are looked at in a record that has none.
    """
    for found in _DIGIT.finditer(raw[most::most]):
        at = (found.start() + 1) * most
        if re.search(rb"[0-9]{%d}" % (most + 1), raw[at - most : at + most + 1]):
            return bool(re.search(rb"[0-9]{%d}" % (most + 1), _STRING.sub(b'""', raw)))
    return False


def _brackets(raw: bytes) -> int:
    return raw.count(b"{") + raw.count(b"[")


def _too_deep(value: Any, most: int) -> bool:
    """Say whether objects and arrays stand more than `most` deep in each other."""
    level = [value]
    for _ in range(most):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if type(inner) in _NESTED
        ]
        if not level:
            return False
    return True
