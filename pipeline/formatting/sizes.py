"""Numbers as people write them: sizes `180TB`, `1.5 GiB`; counts `10T`, `1.5B`, `200k`, `10_000_000`; shares `5%`.

Each with the pattern by which a JSON schema knows it.
"""

import re
from decimal import Decimal

from babelmill.transforms.errors import ConfigError
from babelmill.transforms.text.visible import quote

__all__ = ["COUNT", "SHARE", "SIZE", "parse_count", "parse_share", "parse_size"]

_NUMBER = r"[0-9]+(?:_[0-9]+)*(?:\.[0-9]+)?"
SIZE = rf"^\s*{_NUMBER}(?:[eE]\+?[0-9]{{1,2}})?\s*(?:[kKmMgGtTpP][iI]?)?[bB]?\s*$"
COUNT = rf"^\s*{_NUMBER}(?:[eE]\+?[0-9]{{1,2}})?\s*(?:[kKmMgGbBtT])?\s*$"
SHARE = r"^\s*[0-9]+(?:\.[0-9]+)?\s*%\s*$"
"""ECMA-262 and Python read these alike."""
_COUNTS = {"": 0, "K": 3, "M": 6, "G": 9, "B": 9, "T": 12}
"""Powers of ten: a billion is B, as for parameters of models, or G, as `quantity` writes it."""


def _split(text: str) -> tuple[Decimal, str]:
    """Return the number and what comes after it."""
    found = re.match(rf"\s*({_NUMBER}(?:[eE]\+?[0-9]+)?)\s*(.*?)\s*\Z", text, re.DOTALL)
    return (Decimal(found.group(1)), found.group(2).upper()) if found else (Decimal(0), "?")


def parse_size(key: str, text: str) -> float:
    """Return a size in bytes; `k`, `M`, `G`, `T`, `P` are powers of 1,000, with an `i` of 1,024.

    >>> parse_size("", "180TB"), parse_size("", "1 KiB"), parse_size("", "1.5G")
    (180000000000000.0, 1024.0, 1500000000.0)

    Raises:
        ConfigError: with the key, for anything else.
    """
    number, unit = _split(text) if re.match(SIZE, text) else (Decimal(0), "")
    if number <= 0:
        raise ConfigError(key, f"expected a size, such as 180TB, 1.5GiB or 4096, got {quote(text)}")
    prefix = unit.removesuffix("B")
    base = 1024 if prefix.endswith("I") else 1000
    return float(number * base ** ("KMGTP".index(prefix[0]) + 1) if prefix else number)


def parse_count(key: str, text: str) -> int:
    """Return a whole number: of tokens, documents, characters.

    >>> parse_count("", "10T"), parse_count("", "1.5B"), parse_count("", "200k"), parse_count("", "10e12")
    (10000000000000, 1500000000, 200000, 10000000000000)

    Raises:
        ConfigError: with the key, for anything else and for what is no whole number.
    """
    if not re.match(COUNT, text):
        raise ConfigError(key, f"expected a whole number, such as 10T, 1.5B, 200k or 10_000_000, got {quote(text)}")
    number, unit = _split(text)
    found = number.scaleb(_COUNTS[unit])
    if found != found.to_integral_value():
        raise ConfigError(key, f"{quote(text)} is no whole number")
    return int(found)


def parse_share(key: str, text: str) -> float:
    """Return a share in [0, 1], written in per cent or as a number.

    >>> parse_share("", "5%"), parse_share("", "0.5 %"), parse_share("", "0.05")
    (0.05, 0.005, 0.05)

    Raises:
        ConfigError: with the key, for anything else and for what is outside.
    """
    percent = re.match(SHARE, text) is not None
    if not percent and not re.match(rf"\s*{_NUMBER}(?:[eE][+-]?[0-9]{{1,2}})?\s*\Z", text):
        raise ConfigError(key, f"expected a share, such as 5% or 0.05, got {quote(text)}")
    # As a decimal: 7 / 100 in floats is not the float that 0.07 is.
    found = Decimal(text.strip().rstrip("%").strip()) / (100 if percent else 1)
    if not 0 <= found <= 1:
        raise ConfigError(key, f"expected a share from 0% to 100%, got {quote(text)}")
    return float(found)
