"""The page in a real browser: nothing asked for, nothing complained of, nothing too wide; documents stay text.

Screenshots go to build/screenshots (or the folder of the environment's SCREENSHOTS), for people to look at.
"""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from babelmill.pipeline.corpus.corpus import open_sound
from babelmill.pipeline.show.html.report import write_page
from tests.browser import Browser, Page, find_chromium
from tests.pipeline.runs import ROOT, run_sample

SCREENSHOTS = Path(os.environ.get("SCREENSHOTS", ROOT / "build" / "screenshots"))
VIEWS = [(width, height, dark) for width, height in ((1280, 900), (390, 844)) for dark in (False, True)]
VIEW_IDS = ["desktop-light", "desktop-dark", "phone-light", "phone-dark"]

pytestmark = pytest.mark.skipif(
    find_chromium() is None, reason="no Chromium: apt-get install chromium, or set CHROMIUM"
)

HOSTILE = {
    "de": "<script>document.title='run';alert(1)</script>",
    "fr": "</script></style></bdi></p></main><h1>markup</h1>",
    "es": "<img src=x onerror=\"document.title='run'\"><iframe src=http://127.0.0.1:9/></iframe>",
    "it": "<link rel=stylesheet href=//x/><meta http-equiv=refresh content=0;url=//x/>",
    "cs": "\x1b[2J\x1b]0;title\x07 escape",
    "pt": "\u202egnihton \u2066isolated\u2069 \u200e\u061c\u2028\u2029 bidi",
    "nl": "e" + "\u0301" * 500,
    "tr": "&lt;b&gt; &amp; ]]> <!-- -->",
    "ro": "W" * 400 + " {{7*7}} ${7*7} <%= 7*7 %>",
}
"""What stands before real text of a language, which decides what the document is taken for."""
HUGE = "x" * 1_000_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser(str(find_chromium())) as found:
        yield found


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Path:
    """A run of documents that would like to be more than text, in ids and twice too, so that they are clusters."""
    folder = tmp_path_factory.mktemp("hostile")
    rows = [{"text": HUGE, "id": HUGE[:2000]}, {"text": "an id", "id": HUGE}]
    for lang, evil in HOSTILE.items():
        lines = gzip.decompress((corpus / f"{lang}.jsonl.gz").read_bytes()).splitlines()
        text = f"{evil} {max((json.loads(line)['text'] for line in lines[:50]), key=len)}"
        rows += [{"text": text, "id": f"{evil[:2000]}-{lang}"}, {"text": text, "id": f"again-{lang}"}]
    content = [json.dumps(row) for row in rows]
    (folder / "evil.jsonl").write_text("\n".join([*content, "<script>alert(1)</script>"]))
    settings = [f"input=[{{source: evil, files: {folder}/evil.jsonl}}]", "quality=off", "max_rejected_ratio=1"]
    run = run_sample(folder / "out", *settings)
    write_page(open_sound(str(run)))
    return run


def check(page: Page) -> None:
    """Assert what must be true of any page in any view."""
    assert page.problems == []
    assert page.requests == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("document.scripts.length") == 0
    assert page.evaluate("document.styleSheets.length") == 1


@pytest.mark.parametrize(("width", "height", "dark"), VIEWS, ids=VIEW_IDS)
def test_the_page_in_every_view(
    browser: Browser, finished: Path, request: pytest.FixtureRequest, width: int, height: int, dark: bool
) -> None:
    page = browser.open(finished / "report.html", width, height, dark)
    check(page)
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, background[4:-1].split(","))) < 200) == dark
    assert page.evaluate("document.getElementById('p0').offsetHeight") > 0
    assert page.evaluate("[...document.querySelectorAll('.pane')].filter(pane => pane.offsetHeight).length") == 1
    name = request.node.callspec.id
    page.screenshot(SCREENSHOTS / f"{name}.png")
    # A language is chosen by its label, or by the keyboard.
    page.evaluate("document.querySelector('label[for=l2]').click()")
    assert page.evaluate(
        "[document.getElementById('p0').offsetHeight, document.getElementById('p2').offsetHeight > 0]"
    ) == [0, True]
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    check(page)
    page.screenshot(SCREENSHOTS / f"{name}-chosen.png")


def test_every_histogram_is_inside_its_drawing(browser: Browser, finished: Path) -> None:
    page = browser.open(finished / "report.html", 1280, 900)
    outside = page.evaluate("""[...document.querySelectorAll('#p0 figure svg')].filter(svg => {
        const box = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('path, rect, line')].some(shape => {
            const r = shape.getBoundingClientRect();
            return r.left < box.left - 2 || r.right > box.right + 2 || r.top < box.top - 2 || r.bottom > box.bottom + 2;
        });
    }).length""")
    assert outside == 0


@pytest.mark.parametrize(("width", "height", "dark"), VIEWS, ids=VIEW_IDS)
def test_hostile_documents_are_text(browser: Browser, hostile: Path, width: int, height: int, dark: bool) -> None:
    page = browser.open(hostile / "report.html", width, height, dark)
    check(page)
    assert page.evaluate("document.title").endswith("Babelmill report")
    assert page.evaluate("document.querySelectorAll('h1, iframe, img, script').length") == 1
    for number in range(page.evaluate("document.querySelectorAll('.pane').length")):
        page.evaluate(f"document.getElementById('l{number}').click()")
        check(page)
    text = page.evaluate("document.body.textContent")
    for lang in ("de", "fr", "es", "it", "tr"):
        assert HOSTILE[lang] in text
    for shown in ("\\x1b[2J\\x1b]0;title\\x07", "\\u202egnihton \\u2066isolated", "W" * 240, "x" * 240):
        assert shown in text
    assert not set(text) & set("\x1b\x07\u202e\u2066\u200e\u061c\u2028")
    assert page.evaluate("[...document.querySelectorAll('.text')].every(text => text.offsetHeight < 400)")


def test_it_prints(browser: Browser, finished: Path) -> None:
    page = browser.open(finished / "report.html", 1280, 900)
    printed = page.call("Page.printToPDF", printBackground=True)["data"]
    assert len(printed) > 50_000
    page.call("Emulation.setEmulatedMedia", media="print")
    assert page.evaluate("document.querySelector('nav').offsetHeight") == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    check(page)
