"""The 26 languages of GLM-4's recipe.

Chinese and English carry the corpus; the other 24 are those of GLM-4-9B's own multilingual evaluation
(arXiv 2406.12793). Codes are ISO 639-1 as fastText's lid.176 writes them; `no` is Norwegian Bokmål.

    >>> GLM4["zh"].name
    'Chinese'
"""

from typing import NamedTuple

__all__ = ["GLM4", "UNDETERMINED", "Language"]

UNDETERMINED = "und"
"""The code of text without letters, and of text whose language no model is sure of (ISO 639-2)."""


class Language(NamedTuple):
    """A language: `code` (ISO 639-1), English `name`, and the `scripts` (ISO 15924) that it is written in."""

    code: str
    name: str
    scripts: tuple[str, ...]


GLM4: dict[str, Language] = {
    code: Language(code, name, tuple(scripts.split()))
    for code, name, scripts in (
        ("zh", "Chinese", "Hans Hant"),
        ("en", "English", "Latn"),
        ("ru", "Russian", "Cyrl"),
        ("es", "Spanish", "Latn"),
        ("de", "German", "Latn"),
        ("fr", "French", "Latn"),
        ("it", "Italian", "Latn"),
        ("pt", "Portuguese", "Latn"),
        ("pl", "Polish", "Latn"),
        ("ja", "Japanese", "Jpan"),
        ("nl", "Dutch", "Latn"),
        ("ar", "Arabic", "Arab"),
        ("tr", "Turkish", "Latn"),
        ("cs", "Czech", "Latn"),
        ("vi", "Vietnamese", "Latn"),
        ("fa", "Persian", "Arab"),
        ("hu", "Hungarian", "Latn"),
        ("el", "Greek", "Grek"),
        ("ro", "Romanian", "Latn"),
        ("sv", "Swedish", "Latn"),
        ("uk", "Ukrainian", "Cyrl"),
        ("fi", "Finnish", "Latn"),
        ("ko", "Korean", "Kore"),
        ("da", "Danish", "Latn"),
        ("bg", "Bulgarian", "Cyrl"),
        ("no", "Norwegian", "Latn"),
    )
}
"""Code to language, in the order of the recipe."""
