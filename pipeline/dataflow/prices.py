"""Prices: a YAML file with its date and region, checked for every key."""

from collections.abc import Mapping
from typing import Any

from babelmill.pipeline.config.loader import load_yaml
from babelmill.pipeline.config.profiles import packaged
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.text.visible import quote

__all__ = ["load_prices"]

_RATES = ("disk_gb_hour", "shuffle_gb", "storage_gb_month", "write_1000", "read_1000")
_KINDS = ("batch", "flexrs")


def load_prices(path: str | None = None) -> Mapping[str, Any]:
    """Read prices; those that come with Babelmill where no path is given.

    Raises:
        ConfigError: for a price that is missing or no number.
    """
    path = path or packaged("dataflow", "prices.yaml")
    found = load_yaml(path, "--prices")
    for name in ("date", "region"):
        if not found.get(name):
            raise ConfigError("--prices", f"{path}: {name} is missing")
    wanted = {name: found.get(name) for name in _RATES}
    for kind in _KINDS:
        section = found.get(kind)
        for rate in ("vcpu_hour", "memory_gb_hour"):
            wanted[f"{kind}.{rate}"] = section.get(rate) if isinstance(section, dict) else None
    for name, price in wanted.items():
        if isinstance(price, bool) or not isinstance(price, int | float) or price < 0:
            raise ConfigError("--prices", f"{path}: {name} is {quote(price)}, a price in dollars is wanted")
    tiers = found.get("shuffle_tiers")
    if not isinstance(tiers, list) or not all(isinstance(tier, list) and len(tier) == 2 for tier in tiers):
        raise ConfigError("--prices", f"{path}: shuffle_tiers is {quote(tiers)}, a list of [GB, share] is wanted")
    return found
