"""HTML, built so that no text becomes markup: a string is escaped unless it was made here.

>>> el("b", "1 < 2", id="x")
'<b id="x">1 &lt; 2</b>'
"""

import re
from collections.abc import Iterable
from html import escape

from babelmill.pipeline.formatting.sanitize import clipped
from babelmill.transforms.text.visible import visible

__all__ = ["Html", "breakable", "document_text", "el", "join", "lines", "number"]

_LANG = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
_TEXT_CHARS = 20_000
_VOID = ("br", "col", "input", "link", "meta")


class Html(str):
    """Markup; everything else is text."""

    __slots__ = ()


def number(value: float) -> str:
    """Write a coordinate with two digits at the most."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _inert(child: object) -> str:
    if isinstance(child, Html):
        return child
    return escape(number(child) if isinstance(child, float) else clipped(str(child), _TEXT_CHARS))


def el(tag: str, *children: object, **attributes: object) -> Html:
    """Return an element. `class_` is written `class`, `aria_label` as `aria-label`; None and False leave one out."""
    written = [tag]
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        name = name.rstrip("_").replace("_", "-")
        written.append(name if value is True else f'{name}="{_inert(value)}"')
    if tag in _VOID:
        return Html(f"<{' '.join(written)}>")
    return Html(f"<{' '.join(written)}>{join(children)}</{tag}>")


def join(parts: Iterable[object]) -> Html:
    """Return parts one after the other; None is nothing."""
    return Html("".join(_inert(part) for part in parts if part is not None))


def breakable(name: str) -> Html:
    """Return a name such as a reason, which may be broken behind an underscore."""
    return Html("_<wbr>".join(map(_inert, name.split("_"))))


def lines(text: str) -> Html:
    """Return text whose line breaks stay, for `pre`."""
    return Html("\n".join(map(_inert, text.splitlines())))


def document_text(text: str, lang: str = "", chars: int = 240, more: bool = False, most_lines: int = 1) -> Html:
    """Return a stranger's text: cut, its control and bidi characters written out, its direction kept to itself.

    Args:
        text: what to show.
        lang: its language, for the reader's fonts.
        chars: an ellipsis takes the place of what is beyond.
        more: the text is only the beginning of another.
        most_lines: so many lines are shown as lines; with 1 their ends are spaces.
    """
    shown = visible(text[:chars]) if most_lines == 1 else "\n".join(map(visible, text[:chars].split("\n")))
    parts = shown[:chars].split("\n")
    cut = more or len(text) > chars or len(shown) > chars or len(parts) > most_lines
    known = lang if _LANG.fullmatch(lang) else None
    body = Html("\n".join(map(_inert, parts[:most_lines])))
    return el("bdi", body, "…" if cut else None, dir="auto", lang=known)
