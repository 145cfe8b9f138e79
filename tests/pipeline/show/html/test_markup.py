"""HTML: whatever a string holds, it is text."""

from html.parser import HTMLParser
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.show.html.markup import Html, breakable, document_text, el, lines
from babelmill.transforms.text.visible import visible

MARKUP = ["<script>alert(1)</script>", "</script>", "]]>", "<!--", "&lt;", "\"'><img src=x onerror=alert(1)>"]
HOSTILE = st.text() | st.sampled_from([*MARKUP, "\x1b[2J", "\u202e"])


class Reader(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(HOSTILE, HOSTILE)
def test_children_and_attributes_are_text(child: str, attribute: str) -> None:
    found = Reader(el("p", child, title=attribute))
    assert found.tags == [("p", {"title": visible(attribute)})]
    assert found.text == visible(child)


@given(HOSTILE)
def test_nothing_invisible_is_left(text: str) -> None:
    markup = el("p", text)
    assert all(char.isprintable() or char in "\u200c\u200d" for char in markup)


@given(HOSTILE, HOSTILE)
def test_a_documents_text_is_apart(text: str, lang: str) -> None:
    [(tag, attributes)] = Reader(document_text(text, lang)).tags
    assert tag == "bdi"
    assert attributes["dir"] == "auto"
    assert set(attributes) <= {"dir", "lang"}


def test_a_documents_text_is_short() -> None:
    assert Reader(document_text("\x1b" * 10**6)).text == "\\x1b" * 60 + "…"
    assert Reader(document_text("x" * 240)).text == "x" * 240
    assert Reader(document_text("x" * 240, more=True)).text == "x" * 240 + "…"


@given(st.lists(HOSTILE | st.just("\n"), max_size=40).map("".join), st.integers(2, 12))
def test_a_documents_lines_stay_lines(text: str, most: int) -> None:
    shown = Reader(document_text(text, most_lines=most)).text
    whole = "\n".join(map(visible, text.split("\n")))
    assert shown.count("\n") == min(most - 1, whole[:240].count("\n")) == shown.removesuffix("…").count("\n")
    assert whole.startswith(shown.removesuffix("…"))
    assert (shown == whole) == (len(whole) <= 240 and whole.count("\n") < most)
    assert "\n" not in Reader(document_text(text)).text


def test_markup_stays_markup() -> None:
    assert el("p", Html("<b>x</b>"), 1.5, None, class_="a", data_n=2, hidden=True, id=None) == (
        '<p class="a" data-n="2" hidden><b>x</b>1.5</p>'
    )
    assert el("input", checked=False, type="radio") == '<input type="radio">'
    assert breakable("a_<b") == "a_<wbr>&lt;b"
    assert lines("a\n<b>") == "a\n&lt;b&gt;"
