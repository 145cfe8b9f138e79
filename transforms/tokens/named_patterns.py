r"""The regexes that cut text for the published rank files, by name.

    >>> regex_of("gpt2") == PATTERNS["gpt2"], regex_of(r"\S+|\s+")
    (True, '\\S+|\\s+')

A rank file does not say how its tokenizer cuts text: whoever configures one gives a name or a regex.
"""

import re

from tokenizers import Regex

from babelmill.transforms.errors import nearest
from babelmill.transforms.text.visible import quote
from babelmill.transforms.tokens.bpe.levels import GPT2

__all__ = ["PATTERNS", "regex_of"]

PATTERNS = {
    "gpt2": GPT2,
    "cl100k": (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
        r"|\s+(?!\S)|\s+"
    ),
    "o200k": (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
}
"""As tiktoken's openai_public.py first had them. Since tiktoken 0.8 its cl100k differs in one place: white space that
ends a text is one piece, even where it holds line breaks."""

_LITERAL = re.compile(r"(?=.*\w)[\w ./:-]+|")
"""A text that a regex would only match as it stands: the name of something, and not how text is cut."""


def regex_of(pattern: str) -> str:
    """Return the regex that a name in PATTERNS stands for; a regex in Oniguruma's syntax as it is.

    Raises:
        ValueError: if it is neither. A word, such as `cl100`, is taken for a name that is wrong.
    """
    if pattern in PATTERNS:
        return PATTERNS[pattern]
    if _LITERAL.fullmatch(pattern):
        raise ValueError(
            f"{quote(pattern)} is neither the name of a pattern nor a regex{nearest(pattern, tuple(PATTERNS))}"
        )
    try:
        Regex(pattern)
    except Exception as error:  # the Rust side raises Exception itself
        raise ValueError(f"{quote(pattern)} is no regex: {str(error).splitlines()[0]}") from error
    return pattern
