r"""The regexes by which tokenizers split text, parsed: the small language they are written in, and nothing else.

    >>> parse(r" ?\p{N}")
    Sequence(parts=(Repeat(part=Char(source=' '), least=0, most=1), Char(source='\\p{N}')))

What one character may be is not interpreted here: a `Char` keeps its source, and the reference's own engine is asked
which code points match it (classes.py). The syntax is Oniguruma's for Ruby (its doc/RE), which `tokenizers` uses:
`{1,3}+` is a repeated repeat there, not a possessive one. Whatever is not known to be understood is refused.
"""

import re
from functools import cache
from typing import NamedTuple

from babelmill.transforms.text.visible import quote

__all__ = ["Char", "Choice", "Node", "NotAhead", "Refused", "Repeat", "Sequence", "parse"]


class Refused(ValueError):
    """The fast encoder does not know this tokenizer's way; the reference does the work."""


class Char(NamedTuple):
    r"""One character: a literal, an escape, `\p{…}` or a bracketed class, as it stands in the regex."""

    source: str


class NotAhead(NamedTuple):
    """`(?!…)` of one character: what follows is another one, or the end."""

    source: str


class Repeat(NamedTuple):
    """A greedy repeat; `most` is None where there is no limit."""

    part: "Node"
    least: int
    most: int | None


class Sequence(NamedTuple):
    """One part behind another."""

    parts: tuple["Node", ...]


class Choice(NamedTuple):
    """The first option that lets the whole match."""

    options: tuple["Node", ...]


Node = Char | NotAhead | Repeat | Sequence | Choice

_TAIL = re.compile(r"[?*+]|\{(\d*)(,?)(\d*)\}")
_CHAR = re.compile(r"\\[sSdDwWrntf]|\\[pP]\{\^?\w+\}|\\[^A-Za-z0-9]|[^\\\[\]().^$*+?{}|]|\.")
_SIMPLE = {"?": (0, 1), "*": (0, None), "+": (1, None)}
_MOST_REPEATS = 64
"""A counted repeat is written out."""


def parse(pattern: str) -> Node:
    """Parse a regex.

    Raises:
        Refused: if it holds anything but characters, groups, `(?i:…)`, alternatives, greedy repeats, and `(?!…)` of
            one character.
    """
    parser = _Parser(pattern)
    node = parser.choice(ignore_case=False)
    if parser.rest:
        raise parser.refused()
    return node


@cache
def _folds() -> tuple[str, ...]:
    """Return what single characters become in several letters under case folding: `ß` is `ss`, `ﬁ` is `fi`."""
    return tuple({fold for point in range(0x20000) if len(fold := chr(point).casefold()) > 1})


class _Parser:
    """Recursive descent over the regex; `rest` is what is left."""

    def __init__(self, pattern: str) -> None:
        self.rest = pattern

    def refused(self) -> Refused:
        return Refused(f"the regex at {quote(self.rest[:20])} is not understood")

    def take(self, text: str) -> bool:
        found = self.rest.startswith(text)
        if found:
            self.rest = self.rest[len(text) :]
        return found

    def choice(self, ignore_case: bool) -> Node:
        options = [self.sequence(ignore_case)]
        while self.take("|"):
            options.append(self.sequence(ignore_case))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def sequence(self, ignore_case: bool) -> Node:
        parts: list[Node] = []
        while self.rest and self.rest[0] not in "|)":
            parts.append(self.repeated(ignore_case))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def repeated(self, ignore_case: bool) -> Node:
        part = self.part(ignore_case)
        tail = _TAIL.match(self.rest)
        if not tail:
            return part
        self.rest = self.rest[tail.end() :]
        if isinstance(part, NotAhead) or self.rest[:1] in ("?", "*", "+", "{"):
            raise self.refused()
        if tail[0] in _SIMPLE:
            return Repeat(part, *_SIMPLE[tail[0]])
        least = int(tail[1] or 0)
        most = (int(tail[3]) if tail[3] else None) if tail[2] else least
        if not (tail[1] or tail[3]) or (most is not None and most < max(1, least)) or (most or least) > _MOST_REPEATS:
            raise self.refused()
        return Repeat(part, least, most)

    def part(self, ignore_case: bool) -> Node:
        if self.take("(?!"):
            ahead = NotAhead(self.char(ignore_case))
            if not self.take(")"):
                raise self.refused()
            return ahead
        if self.take("(?i:"):
            return self.group(ignore_case=True)
        if self.take("(?:") or (self.rest[:2] != "(?" and self.take("(")):
            return self.group(ignore_case)
        return Char(self.char(ignore_case))

    def group(self, ignore_case: bool) -> Node:
        before = self.rest
        node = self.choice(ignore_case)
        inside = before[: len(before) - len(self.rest)].casefold()
        if not self.take(")"):
            raise self.refused()
        if ignore_case and any(fold in inside for fold in _folds()):
            raise Refused(f"ignoring case, {quote(inside)} may match one character for several")
        return node

    def char(self, ignore_case: bool) -> str:
        end = self.class_end() if self.rest.startswith("[") else 0
        if not end:
            found = _CHAR.match(self.rest)
            if not found:
                raise self.refused()
            end = found.end()
        source, self.rest = self.rest[:end], self.rest[end:]
        return f"(?i:{source})" if ignore_case else source

    def class_end(self) -> int:
        """Return where a bracketed class ends: brackets nest, and a backslash hides one."""
        depth = at = 0
        if re.match(r"\[\^?\]", self.rest):
            raise self.refused()
        while at < len(self.rest):
            if self.rest[at] == "\\":
                at += 1
            elif self.rest[at] == "[":
                depth += 1
            elif self.rest[at] == "]":
                depth -= 1
                if not depth:
                    return at + 1
            at += 1
        raise self.refused()
