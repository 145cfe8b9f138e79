"""The gate: the one place where text from outside is mended or refused."""

from babelmill.transforms.text.normal_form import normal_form

__all__ = ["BadText", "gate"]


class BadText(ValueError):
    """Text that cannot be mended without guessing; `reason` is `nul`, `lone_surrogate` or `empty`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def gate(text: str) -> str:
    """Return the text in NFC with `\\n` line ends; what it returns, it returns unchanged a second time.

    Raises:
        BadText: for text with a NUL or a lone surrogate, and for text of nothing but white space.
    """
    if not text.isascii():
        try:
            encoded = text.encode()
        except UnicodeEncodeError as error:
            raise BadText("lone_surrogate", f"lone surrogate U+{ord(text[error.start]):04X} at {error.start}") from None
        text = normal_form(text, encoded)
    if "\0" in text:
        raise BadText("nul", f"NUL at {text.index(chr(0))}")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text or text.isspace():
        raise BadText("empty", "no text")
    return text
