"""Near-duplicates of a known edit: copies of real documents in which a share of the words is another."""

import random
from collections.abc import Sequence

__all__ = ["WITHOUT_SPACES", "edited", "joined", "units"]

WITHOUT_SPACES = ("zh", "ja")
"""Languages whose characters are edited, for there is no blank between words."""


def units(text: str, lang: str) -> list[str]:
    """Return what is edited of a text: its words, or its characters."""
    return list(text) if lang in WITHOUT_SPACES else text.split(" ")


def joined(parts: Sequence[str], lang: str) -> str:
    """Return the text of some units."""
    return ("" if lang in WITHOUT_SPACES else " ").join(parts)


def edited(text: str, share: float, lang: str, pool: list[str], chance: random.Random) -> str:
    """Return the text with a share of its units deleted, replaced by one of the pool or followed by one."""
    out: list[str] = []
    for unit in units(text, lang):
        if chance.random() >= share:
            out.append(unit)
            continue
        kind = chance.randrange(3)
        if kind:
            out += [chance.choice(pool)] if kind == 1 else [unit, chance.choice(pool)]
    return joined(out, lang)
