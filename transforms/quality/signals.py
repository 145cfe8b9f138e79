"""Signals: what is measured of a document and what rules may bound, by name.

Sources: Gopher (arXiv 2112.11446, section A.1), FineWeb (arXiv 2406.17557, section 3.6), C4 (arXiv 1910.10683, section
2.2, and the notices of its code), ChineseWebText (arXiv 2311.01149, section 3.2).
"""

from typing import NamedTuple

__all__ = ["BOUNDABLE", "SIGNALS", "Signal"]


class Signal(NamedTuple):
    """A column: its meaning, its type, and its greatest value (None: there is none). The least is 0, never NaN."""

    meaning: str
    most: float | None = None
    integer: bool = False


SIGNALS: dict[str, Signal] = {
    "n_words": Signal("words of the Layout that are not symbols only", None, True),
    "q_mean_word_chars": Signal("characters a word, symbols left out"),
    "q_symbol_ratio": Signal("`#` or ellipses, whichever are more, over all words, symbols included", 1),
    "q_letter_words_ratio": Signal("share of words with a letter, symbols included", 1),
    "q_stop_words": Signal("different stop words of the document's language", None, True),
    "q_bullet_lines_ratio": Signal("share of lines that begin with a bullet", 1),
    "q_ellipsis_lines_ratio": Signal("share of lines that end in an ellipsis", 1),
    "q_terminal_lines_ratio": Signal("share of lines that end a sentence, in any script", 1),
    "q_short_lines_ratio": Signal("share of lines of at most 30 characters", 1),
    "q_newline_ratio": Signal("newlines over words, symbols included"),
    "q_mean_line_chars": Signal("characters a line"),
    "q_dup_lines_ratio": Signal("share of lines that occurred before in the document", 1),
    "q_dup_line_chars_ratio": Signal("share of characters in lines that occurred before", 1),
    "q_dup_paragraphs_ratio": Signal("share of paragraphs, parted by blank lines, that occurred before", 1),
    "q_dup_paragraph_chars_ratio": Signal("share of characters in paragraphs that occurred before", 1),
    **{f"q_top_{n}gram_ratio": Signal(f"share of characters in the most frequent {n}-gram", 1) for n in (2, 3, 4)},
    **{f"q_dup_{n}gram_ratio": Signal(f"share of characters in repeated {n}-grams", 1) for n in range(5, 11)},
    "q_script_ratio": Signal("share of letters that are of the language's own scripts; 1 for other languages", 1),
    "q_script_chars_ratio": Signal("letters of its own scripts over all characters that are no space; 1 likewise", 1),
    "q_digits_ratio": Signal("digits of any script over characters that are no space", 1),
    "q_urls_ratio": Signal("web addresses (`://`) over words", 1),
    "q_code_lines_ratio": Signal("share of lines that look like source code", 1),
    "q_braces_ratio": Signal("`{` and `}` over characters that are no space", 1),
    "q_garbled_ratio": Signal("characters of mojibake over characters that are no space", 1),
    "q_placeholders": Signal("occurrences of `lorem ipsum`", None, True),
    "q_notices_a_line": Signal("`javascript`, `privacy policy`, `use cookies` and the like, over lines"),
    "q_bad_words_ratio": Signal("bad words and phrases of the document's language over words", 1),
    "q_bad_words_a_line": Signal("bad words and phrases of the document's language over lines"),
}
"""What `Measure` adds, in the order of its columns. A document without words or lines has 0 in every one of words or
lines (and 1 in `q_script…` where its language has no scripts of its own)."""

BOUNDABLE: dict[str, Signal] = {
    "n_chars": Signal("characters", None, True),
    "lang_score": Signal("how sure the language is", 1),
    **SIGNALS,
}
"""What a profile may bound: the signals, and what is known of a document before them."""
