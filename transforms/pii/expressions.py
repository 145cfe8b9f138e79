"""Expressions in source code that look like an e-mail address: `W@x.to(device)`, `obj@meta.data$x`, `this@Main.name`.

An `@` is the matrix product of Python, a slot of R, a label of Kotlin, and it joins a package or an image to its
version or scale (`chalk@5.io`, `logo@2x.ai`). Most top-level domains are words that attributes have for names, so
behind one of those the line decides:

| taken | `<…>`, a quoted string, `mailto:`, behind a word for mail or authorship (`Author: …`, `email = …`) |
| left | in front of `(` `[` `{` `$` `->` or an operator, behind an operator, a keyword or an opened call `f(` |

Everything else is taken, in comments and in prose alike. A domain that is no attribute's name (`.org`, `.de`) is taken
everywhere. Only one line is looked at, some hundred bytes of it, and a placeholder there says no (see `boundaries`).
"""

import numpy as np
import numpy.typing as npt

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.pii.boundaries import after_placeholder, before_placeholder
from babelmill.transforms.pii.characters import is_alnum, is_upper

__all__ = ["is_expression", "is_version"]

Bytes = npt.NDArray[np.uint8]

_SIGHT = 120
"""Bytes of the line in front that are looked at."""
_OPERATORS_AFTER = ("=", "+ ", "* ", "%", "&&", "||", "|>", "<-", "<=", "< ", ":=", "{", "->", "!=", "?.", "^")
"""Behind an operand, with blanks between."""
_TOUCHING_AFTER = ("(", "[", "{", "$", "->", "::", "!!", "?.", "*", "+")
_OPERATORS_BEFORE = ("=", "<-", "|>", "%>%", "%*%", "%in%", "&&", "||")
"""In front of an operand, with blanks between; `*` and `+` too, behind an operand. Dashes and arrows are prose's."""
_KEYWORDS = ("return", "assert", "await", "yield", "elif", "if", "while", "for", "when", "print", "del", "raise", "not")
"""In front of an operand at a line's beginning."""
_RECEIVERS = ("this", "self", "super", "cls", "object", "return", "break", "continue")
"""What a program calls the object at hand; Kotlin's jumps to a label."""
_SAYS_MAIL = ("mail", "author", "contact", "maintainer", "copyright", "written", "by", "(c)", "courriel", "correo")
"""Words that make what stands behind them an address, in ASCII small letters; of English most, as comments are."""


def _packed(words: tuple[str, ...]) -> Bytes:
    """Return words as rows of bytes, 0 behind each."""
    table = np.zeros((len(words), max(map(len, words)) + 1), np.uint8)
    for row, word in zip(table, words, strict=True):
        row[: len(word)] = list(word.encode())
    return table


_AFTER, _TOUCHING, _BEFORE = _packed(_OPERATORS_AFTER), _packed(_TOUCHING_AFTER), _packed(_OPERATORS_BEFORE)
_WORDS, _SELVES, _MAIL = _packed(_KEYWORDS), _packed(_RECEIVERS), _packed(_SAYS_MAIL)


@kernel
def _length(words: Bytes, row: int) -> int:
    n = 0
    while words[row, n]:
        n += 1
    return n


@kernel
def _starts(data: Bytes, i: int, end: int, words: Bytes) -> int:
    """Return how long the word of a table is that begins at `i`, 0 for none; ASCII letters in either case."""
    for row in range(len(words)):
        n = _length(words, row)
        same = i + n <= end
        for k in range(n):
            byte = data[i + k] if same else 0
            same = same and (byte | 0x20 if is_upper(byte) else byte) == words[row, k]
        if same:
            return n
    return 0


@kernel
def _ends(data: Bytes, start: int, i: int, words: Bytes) -> bool:
    """Say whether a word of a table ends at `i`."""
    for row in range(len(words)):
        n = _length(words, row)
        same = i - n >= start
        for k in range(n):
            same = same and data[i - n + k] == words[row, k]
        if same:
            return True
    return False


@kernel
def _is_name(byte: int) -> bool:
    return is_alnum(byte) or byte == 0x5F


@kernel
def is_version(data: Bytes, domain: int, stop: int) -> bool:
    """Say whether a domain is the version or scale of something: `5.io`, `4.17.app`, `v2.zip`, `2x.ai`, `1.5x.ai`.

    One label of three digits and more is a host's.
    """
    i = domain
    versioned = data[domain] | 0x20 == 0x76
    i += versioned
    dots, digits, scaled = 0, 0, False
    while i < stop and (0x30 <= data[i] <= 0x39 or (data[i] == 0x2E and digits)):
        dots += data[i] == 0x2E
        digits += data[i] != 0x2E
        i += 1
    if digits and i + 1 < stop and data[i] | 0x20 == 0x78 and data[i + 1] == 0x2E:
        i, dots, scaled = i + 2, dots + 1, True
    if digits == 0 or dots == 0 or data[i - 1] != 0x2E:
        return False
    while i < stop and data[i] != 0x2E:
        i += 1
    return i == stop and (versioned or scaled or dots > 1 or digits < 3)


@kernel
def _line_says(data: Bytes, start: int, begin: int) -> int:
    """Return what the line in front of an address says: 1 that it is one, 2 that it is in a call, 0 nothing."""
    depth = 0
    for i in range(begin - 1, max(start, begin - _SIGHT) - 1, -1):
        byte = data[i]
        if byte == 0x0A:
            return 0
        if byte == 0x3E and after_placeholder(data, start, i + 1):
            return 2
        if byte == 0x29 or byte == 0x5D:
            depth += 1
        elif byte == 0x28 or byte == 0x5B:
            depth -= 1
            if depth < 0 and i > start and (_is_name(data[i - 1]) or data[i - 1] in (0x29, 0x5D)):
                capitals = 0
                while i - capitals > start and capitals < _SIGHT and is_upper(data[i - capitals - 1]):
                    capitals += 1
                # `TODO(ann@…)`
                whole = i - capitals == start or not _is_name(data[i - capitals - 1])
                if not (capitals > 2 and whole):
                    return 2
        if (i == start or not is_alnum(data[i - 1]) or byte | 0x20 == 0x6D) and _starts(data, i, begin, _MAIL):
            return 1
    return 0


@kernel
def _line_start(data: Bytes, start: int, i: int) -> bool:
    """Say whether only blanks stand in front of `i` on its line."""
    while i > start and (data[i - 1] == 0x20 or data[i - 1] == 0x09):
        i -= 1
    return i == start or data[i - 1] == 0x0A


@kernel
def _behind_operator(data: Bytes, start: int, begin: int) -> bool:
    """Say whether an operator, a brace of interpolation or a keyword at the line's beginning stands in front."""
    i = begin
    if i > start and data[i - 1] in (0x2D, 0x21, 0x7E):  # a sign
        i -= 1
    while i > start and (data[i - 1] == 0x20 or data[i - 1] == 0x09):
        i -= 1
    if i == start or data[i - 1] == 0x0A:
        return False
    if data[i - 1] == 0x7B:
        return i - 2 >= start and data[i - 2] in (0x24, 0x23, 0x22, 0x27)
    if data[i - 1] == 0x3E and after_placeholder(data, start, i):
        return True
    if _ends(data, start, i, _BEFORE):
        return True
    if i - start > 2 and data[i - 1] in (0x2A, 0x2B) and data[i - 2] == 0x20:
        return _is_name(data[i - 3]) or data[i - 3] in (0x29, 0x5D)
    first = i
    while first > start and _is_name(data[first - 1]):
        first -= 1
    if i == begin or first == i or first + _starts(data, first, i, _WORDS) != i:
        return False
    return _line_start(data, start, first)


@kernel
def _heads_block(data: Bytes, start: int, end: int, begin: int, stop: int) -> bool:
    """Say whether a line begins with a keyword and ends, behind an address, in a colon: `for row in a@b.show:`."""
    if stop >= end or data[stop] != 0x3A or (stop + 1 < end and data[stop + 1] != 0x0A):
        return False
    first = begin
    while first > start and begin - first < _SIGHT and data[first - 1] != 0x0A:
        first -= 1
    while data[first] == 0x20 or data[first] == 0x09:
        first += 1
    n = _starts(data, first, begin, _WORDS)
    return n > 0 and data[first + n] == 0x20


@kernel
def _before_operator(data: Bytes, stop: int, end: int) -> bool:
    """Say whether an operator stands behind an address and its closing brackets, or an opening one that touches it."""
    i = stop
    while i < end and (data[i] == 0x29 or data[i] == 0x5D):
        i += 1
    if _starts(data, i, end, _TOUCHING):
        return True
    if i > stop and i + 1 < end and data[i] == 0x2E and 0x61 <= data[i + 1] <= 0x7A:
        return True
    while i < end and (data[i] == 0x20 or data[i] == 0x09):
        i += 1
    return before_placeholder(data, i, end) or _starts(data, i, end, _AFTER) > 0


@kernel
def _is_quoted(data: Bytes, start: int, end: int, begin: int, stop: int) -> bool:
    """Say whether an address fills a string or angle brackets, or stands behind `mailto:`."""
    if begin == start:
        return False
    before = data[begin - 1]
    after = data[stop] if stop < end else 0
    if before == 0x3C and after == 0x3E:
        return True
    if before in (0x22, 0x27, 0x60) and before == after:
        return True
    return before == 0x3A and begin - start > 6 and data[begin - 2] | 0x20 == 0x6F and data[begin - 3] | 0x20 == 0x74


@kernel
def _is_variable(data: Bytes, i: int, stop: int) -> bool:
    """Say whether a name is a letter of mathematics, perhaps with a number: `x`, `W1`."""
    if is_alnum(data[i]) and data[i] > 0x39:
        i += 1
        while i < stop and 0x30 <= data[i] <= 0x39:
            i += 1
    return i == stop


@kernel
def _of_variables(data: Bytes, begin: int, at: int, domain: int, stop: int) -> bool:
    """Say whether variables stand on both sides of the `@`, and one attribute behind: `a@b.id`, `W1@x.to`."""
    dot = domain
    while dot < stop and data[dot] != 0x2E:
        dot += 1
    for i in range(dot + 1, stop):
        if data[i] == 0x2E:
            return False
    return _is_variable(data, begin, at) and _is_variable(data, domain, dot)


@kernel
def is_expression(data: Bytes, start: int, end: int, begin: int, at: int, domain: int, stop: int) -> bool:
    """Say whether what looks like an address is rather an expression; its top-level domain may be an attribute.

    Args:
        data: the text's bytes.
        start: where the text begins.
        end: where the text ends.
        begin: where the address begins.
        at: where its `@` stands.
        domain: where its domain begins.
        stop: where it ends.
    """
    if _is_quoted(data, start, end, begin, stop):
        return False
    own = _starts(data, begin, at, _SELVES)
    if own and begin + own == at:
        return True
    if _before_operator(data, stop, end):
        return True
    said = _line_says(data, start, begin)
    if said:
        return said == 2
    if _heads_block(data, start, end, begin, stop):
        return True
    return _behind_operator(data, start, begin) or _of_variables(data, begin, at, domain, stop)
