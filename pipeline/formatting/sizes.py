"""Sizes as people write them: `180TB`, `1.5 GiB`, `4096`."""

import re

from babelmill.transforms.errors import ConfigError
from babelmill.transforms.text.visible import quote

__all__ = ["parse_size"]

_UNITS = {"": 1, "B": 1} | {
    f"{prefix}{kind}B": base ** (power + 1)
    for power, prefix in enumerate("KMGTP")
    for kind, base in (("", 1000), ("I", 1024))
}


def parse_size(key: str, text: str) -> float:
    """Return a size in bytes.

    >>> parse_size("", "180TB"), parse_size("", "1 KiB")
    (180000000000000.0, 1024.0)

    Raises:
        ConfigError: with the key, for anything else.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?(?:e\d+)?)\s*([a-z]*)\s*", text, re.IGNORECASE)
    unit = _UNITS.get(found.group(2).upper()) if found else None
    if not found or unit is None or float(found.group(1)) <= 0:
        raise ConfigError(key, f"{quote(text)} is no size; such as 180TB, 1.5GiB or 4096")
    return float(found.group(1)) * float(unit)
