"""Signals: what is measured of a document and what rules may bound. Everything about a signal is in its line here.

Sources: Gopher (arXiv 2112.11446, section A.1), FineWeb (arXiv 2406.17557, section 3.6), C4 (arXiv 1910.10683, section
2.2, and the notices of its code), ChineseWebText (arXiv 2311.01149, section 3.2).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from babelmill.transforms.quality.measured import Measured

__all__ = ["BOUNDABLE", "SIGNALS", "Signal"]

_Values: TypeAlias = npt.NDArray[Any]


class Signal(NamedTuple):
    """A column.

    `meaning`: in words. `low`, `high`: the reasons below and above its bounds, behind `quality/`. `of`: what it is of
    what was measured; None for what is known before. `most`: its greatest value (None: there is none); the least is 0,
    and it is never NaN. `integer`: int32 rather than float32.
    """

    meaning: str
    low: str
    high: str
    of: "Callable[[Measured], _Values] | None" = None
    most: float | None = None
    integer: bool = False


def _few_many(what: str) -> tuple[str, str]:
    return f"too_few_{what}", f"too_many_{what}"


def _ratio(part: _Values, whole: _Values) -> npt.NDArray[np.float64]:
    """Divide; by at least 1, so that nothing of nothing is 0."""
    quotient: npt.NDArray[np.float64] = part / np.maximum(whole, 1)
    return quotient


def _capped(part: _Values, whole: _Values) -> _Values:
    return np.minimum(_ratio(part, whole), 1)


def _scripts(m: "Measured", whole: _Values) -> _Values:
    return np.where(m.any_script, 1, _ratio(m.own_letters, whole))


def _of_lines(meaning: str, what: str, part: "Callable[[Measured], _Values]") -> Signal:
    """Return a share of a document's lines."""
    return Signal(meaning, *_few_many(what), lambda m: _ratio(part(m), m.lines), 1)


def _top(n: int) -> Signal:
    reasons = f"top_{n}gram_too_rare", f"top_{n}gram_too_frequent"
    return Signal(f"share of characters in the most frequent {n}-gram", *reasons, lambda m: m.ngram_ratio(n), 1)


def _repeated(n: int) -> Signal:
    reasons = _few_many(f"repeated_{n}grams")
    return Signal(f"share of characters in repeated {n}-grams", *reasons, lambda m: m.ngram_ratio(n), 1)


SIGNALS: dict[str, Signal] = {
    "n_words": Signal(
        "words of the Layout that are not symbols only", *_few_many("words"), lambda m: m.plain_words, None, True
    ),
    "q_mean_word_chars": Signal(
        "characters a word, symbols left out", "words_too_short", "words_too_long",
        lambda m: _ratio(m.plain_chars, m.plain_words),
    ),
    "q_symbol_ratio": Signal(
        "`#` or ellipses, whichever are more, over all words, symbols included", *_few_many("symbols"),
        lambda m: _capped(np.maximum(m.hashes, m.ellipses), m.words), 1,
    ),
    "q_letter_words_ratio": Signal(
        "share of words with a letter, symbols included", *_few_many("words_with_letters"),
        lambda m: _ratio(m.letter_words, m.words), 1,
    ),
    "q_stop_words": Signal(
        "different stop words of the document's language", *_few_many("stop_words"), lambda m: m.stop_words, None, True
    ),
    "q_bullet_lines_ratio": _of_lines(
        "share of lines that begin with a bullet", "bullet_lines", lambda m: m.bullet_lines
    ),
    "q_ellipsis_lines_ratio": _of_lines(
        "share of lines that end in an ellipsis", "ellipsis_lines", lambda m: m.ellipsis_lines
    ),
    "q_terminal_lines_ratio": _of_lines(
        "share of lines that end a sentence, in any script", "sentence_ends", lambda m: m.terminal_lines
    ),
    "q_short_lines_ratio": _of_lines(
        "share of lines of at most 30 characters", "short_lines", lambda m: m.short_lines
    ),
    "q_newline_ratio": Signal(
        "newlines over words, symbols included", *_few_many("newlines"), lambda m: _ratio(m.newlines, m.words)
    ),
    "q_mean_line_chars": Signal(
        "characters a line", "lines_too_short", "lines_too_long", lambda m: _ratio(m.line_chars, m.lines)
    ),
    "q_dup_lines_ratio": _of_lines(
        "share of lines that occurred before in the document", "duplicate_lines", lambda m: m.dup_lines
    ),
    "q_dup_line_chars_ratio": Signal(
        "share of characters in lines that occurred before", *_few_many("chars_in_duplicate_lines"),
        lambda m: _ratio(m.dup_line_chars, m.chars - m.newlines), 1,
    ),
    "q_dup_paragraphs_ratio": Signal(
        "share of paragraphs, parted by blank lines, that occurred before", *_few_many("duplicate_paragraphs"),
        lambda m: _ratio(m.dup_paragraphs, m.paragraphs), 1,
    ),
    "q_dup_paragraph_chars_ratio": Signal(
        "share of characters in paragraphs that occurred before", *_few_many("chars_in_duplicate_paragraphs"),
        lambda m: _ratio(m.dup_paragraph_chars, m.chars - m.newlines), 1,
    ),
    **{f"q_top_{n}gram_ratio": _top(n) for n in (2, 3, 4)},
    **{f"q_dup_{n}gram_ratio": _repeated(n) for n in range(5, 11)},
    "q_script_ratio": Signal(
        "share of letters that are of the language's own scripts; 1 for other languages",
        *_few_many("letters_of_its_script"), lambda m: _scripts(m, m.letters), 1,
    ),
    "q_script_chars_ratio": Signal(
        "letters of its own scripts over all characters that are no space; 1 where there are none",
        *_few_many("chars_of_its_script"), lambda m: _scripts(m, m.inked), 1,
    ),
    "q_digits_ratio": Signal(
        "digits of any script over characters that are no space", *_few_many("digits"),
        lambda m: _ratio(m.digits, m.inked), 1,
    ),
    "q_urls_ratio": Signal(
        "web addresses (`://`) over words", *_few_many("urls"), lambda m: _ratio(m.urls, m.plain_words), 1
    ),
    "q_code_lines_ratio": _of_lines(
        "share of lines that look like source code", "code_lines", lambda m: m.code_lines
    ),
    "q_braces_ratio": Signal(
        "`{` and `}` over characters that are no space", *_few_many("braces"), lambda m: _ratio(m.braces, m.inked), 1
    ),
    "q_garbled_ratio": Signal(
        "characters of mojibake over characters that are no space", *_few_many("garbled_chars"),
        lambda m: _capped(m.garbled, m.inked), 1,
    ),
    "q_placeholders": Signal(
        "occurrences of `lorem ipsum`", *_few_many("placeholders"), lambda m: m.placeholders, None, True
    ),
    "q_notices_a_line": Signal(
        "`javascript`, `privacy policy`, `use cookies` and the like, over lines", *_few_many("notices"),
        lambda m: _ratio(m.notices, m.lines),
    ),
    "q_bad_words_ratio": Signal(
        "bad words and phrases of the document's language over words", *_few_many("bad_words"),
        lambda m: _ratio(m.bad_words, m.plain_words), 1,
    ),
    "q_bad_words_a_line": Signal(
        "bad words and phrases of the document's language over lines", *_few_many("bad_words_a_line"),
        lambda m: _ratio(m.bad_words, m.lines),
    ),
}  # fmt: skip
"""What `Measure` adds, in the order of its columns. A document without words or lines has 0 in every one of words or
lines (and 1 in `q_script…` where its language has no scripts of its own)."""

BOUNDABLE: dict[str, Signal] = {
    "n_chars": Signal("characters", *_few_many("characters"), None, None, True),
    "lang_score": Signal("how sure the language is", "language_unsure", "language_too_sure", None, 1),
    **SIGNALS,
}
"""What a profile may bound: the signals, and what is known of a document before them."""
