"""The 26 languages of GLM-4's recipe, and the two labels that are no language.

Chinese and English carry the corpus; the other 24 are those of GLM-4-9B's own multilingual evaluation
(arXiv 2406.12793). Codes are ISO 639-1 as fastText's lid.176 writes them; `no` is Norwegian Bokmål.

    >>> GLM4["zh"].name
    'Chinese'
"""

from typing import NamedTuple

__all__ = ["CODE", "GLM4", "LABELS", "RECIPE", "UNDETERMINED", "Language", "name_of"]

UNDETERMINED = "und"
"""The code of text without letters, and of text whose language no model is sure of (ISO 639-2)."""
CODE = "code"
"""The label of program code."""
LABELS: dict[str, str] = {UNDETERMINED: "Undetermined", CODE: "Program code"}
"""The labels of documents that are in no language → their names. `languages:` takes them as it does languages."""


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


RECIPE = (*GLM4, CODE)
"""What `languages: glm4` keeps: the recipe's languages, and program code, which its corpus has beside them."""


def name_of(code: str) -> str:
    """Return the English name of one of the recipe's languages, or of a label of LABELS; empty for any other code."""
    return GLM4[code].name if code in GLM4 else LABELS.get(code, "")
