"""A tokenizer.json's pre-tokenizer as levels of regexes, one behind the other."""

from typing import Any, NamedTuple

from babelmill.transforms.tokens.bpe.pattern import Node, Refused, parse

__all__ = ["GPT2", "Level", "read_levels"]

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""What `ByteLevel` splits by, unless `use_regex` is off: the regex of GPT-2 (Radford et al. 2019, encoder.py)."""


class Level(NamedTuple):
    """Matches of `regex` are pieces; what lies between them is kept as a piece, or dropped."""

    regex: Node
    keep: bool


def read_levels(setting: dict[str, Any] | None) -> list[Level]:
    """Return the levels, in order; a byte-level step ends them.

    Raises:
        Refused: if a step is not understood, or text does not end as bytes.
    """
    steps = [setting] if setting else []
    if setting and setting["type"] == "Sequence":
        steps = setting["pretokenizers"]
    if not steps or steps[-1]["type"] != "ByteLevel":
        raise Refused("its pre-tokenizer does not end in bytes")
    levels = [_split(step) for step in steps[:-1]]
    if steps[-1]["add_prefix_space"]:
        raise Refused("it puts a space before the text")
    if steps[-1].get("use_regex", True):
        levels.append(Level(parse(GPT2), keep=True))
    return levels


def _split(step: dict[str, Any]) -> Level:
    if step["type"] != "Split":
        raise Refused(f"the pre-tokenizer {step['type']} is not known")
    if "Regex" not in step["pattern"]:
        raise Refused("it splits at a string, not at a regex")
    # Between `Isolated` matches the text is kept, so inverting changes nothing; `Removed` takes the matches away, or,
    # inverted, the text between them.
    behavior = step["behavior"], step["invert"]
    if behavior[0] != "Isolated" and behavior != ("Removed", True):
        raise Refused(f"it splits by {behavior[0]}, inverted: {behavior[1]}")
    return Level(parse(step["pattern"]["Regex"]), keep=behavior[0] == "Isolated")
