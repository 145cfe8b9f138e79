"""The closing report: shares that add up, the ledger's own numbers, 25 lines whatever there is to tell."""

from collections.abc import Mapping
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from babelmill.pipeline.config.budget import BudgetSection
from babelmill.pipeline.show.terminal.closing import MOST_LINES, closing
from babelmill.pipeline.show.terminal.fields import fields_line, unfilled_fields
from babelmill.transforms.languages import GLM4
from babelmill.transforms.ledger import KEPT, Counts, Key, Tally
from babelmill.transforms.read.sources import Source
from babelmill.transforms.write.listed import InputFile


def passing(tally: Tally, lang: str, docs: int, size: int, tokens: int) -> None:
    """Book documents that every stage keeps."""
    tally.add(Key("read", "docs", "", KEPT), Counts(docs, size, size))
    for stage in ("language", "quality", "dedup", "tokens", "write"):
        count = tokens if stage in ("tokens", "write") else 0
        tally.add(Key(stage, "docs", lang, KEPT), Counts(docs, size, size, count))


def small() -> Tally:
    """20 records: 2 unreadable, 5 of Norwegian dropped on their way, 10 + 3 written."""
    tally = Tally()
    passing(tally, "zh", 10, 30_000, 9_000)
    passing(tally, "no", 3, 6_000, 2_000)
    tally.add(Key("read", "docs", "", "read/not_json"), Counts(2, 200))
    tally.add(Key("read", "docs", "", KEPT), Counts(5, 5_000, 5_000))
    tally.add(Key("language", "docs", "no", KEPT), Counts(5, 5_000, 5_000))
    tally.add(Key("quality", "docs", "no", "quality/too_few_words"), Counts(4, 4_000, 4_000))
    tally.add(Key("quality", "docs", "no", KEPT), Counts(1, 1_000, 1_000))
    tally.add(Key("dedup", "docs", "no", "duplicate/exact"), Counts(1, 1_000, 1_000))
    return tally


def shown(
    ledger: Tally,
    languages: tuple[str, ...],
    width: int = 80,
    notes: Mapping[str, int] = MappingProxyType({}),
    sources: tuple[Source, ...] = (),
    inputs: tuple[InputFile, ...] = (),
) -> list[str]:
    console = Console(record=True, width=width, file=open("/dev/null", "w"))
    with console.file:
        asked = BudgetSection(total_tokens=10**6)
        console.print(closing(ledger, asked, languages, 2, notes, sources, inputs, "out/x", width))
        return console.export_text().splitlines()


def row(lines: list[str], first: str) -> list[str]:
    [found] = [line for line in lines if line.startswith(first)]
    return found.removeprefix(first).split()


def test_closing_shows_the_ledgers_numbers() -> None:
    lines = shown(small(), ("no", "zh"), width=100)
    assert row(lines, "zh Chinese") == ["10", "10", "10", "100.0%", "30", "kB", "9k", "3.33", "1.1%"]
    assert row(lines, "no Norwegian") == ["8", "4", "3", "37.5%", "6", "kB", "2k", "3.00", "1.0%"]
    assert row(lines, "quality/too_few_words") == ["4", "20.0%", "4", "kB", "1.33k"]
    assert row(lines, "read/not_json") == ["2", "10.0%", "200", "B", "61"]
    assert "20 records read, 2 unreadable; 13 documents kept (65.0%) in 2 shards" in lines
    assert "11,000 tokens, 36 kB of text; 1.1% of the budget of 1M tokens" in lines


def test_what_was_masked_is_one_line_and_no_reason() -> None:
    tally = small()
    assert not [line for line in shown(tally, ("no", "zh")) if "personal" in line]
    tally.add(Key("masked", "docs", "", "email"), Counts(2, 60, 60, 1_200))
    tally.add(Key("masked", "docs", "", "card"), Counts(1, 16, 16, 1))
    lines = shown(tally, ("no", "zh"), width=100)
    assert "personal data masked: 1,200 email, 1 card; 76 B of text" in lines
    assert not [line for line in lines if line.startswith(("email", "card"))]


def test_which_documents_have_fields_is_one_line_and_no_reason() -> None:
    tally = small()
    assert "fields: id – (none), url – (none), date – (none)" in shown(tally, ("no", "zh"))
    for field, docs in (("id", 18), ("url", 17)):
        tally.add(Key("fields", "docs", "", field), Counts(docs))
    lines = shown(tally, ("no", "zh"))
    assert "fields: id 100 %, url 94.4 %, date – (none)" in lines
    assert not [line for line in lines if line.startswith(("id", "url", "date"))]
    assert [line for line in lines if "records read" in line] == [
        li for li in shown(small(), ("no",)) if "records read" in li
    ]


@pytest.mark.parametrize(
    ("docs", "share"), [(0, "– (none)"), (1, "0.1 %"), (999_999, "99.9 %"), (1_000_000, "100 %"), (500_000, "50.0 %")]
)
def test_all_is_all_and_none_is_none(docs: int, share: str) -> None:
    tally = Tally(
        [(("read", "docs", "", KEPT), (1_000_000, 1, 1, 0)), (("read", "docs", "", "read/nul"), (7, 1, 1, 0))]
    )
    tally.add(Key("fields", "docs", "", "url"), Counts(docs))
    assert fields_line(tally) == f"fields: id – (none), url {share}, date – (none)"


def test_a_field_that_was_named_and_never_filled_is_told() -> None:
    tally = small()
    tally.add(Key("fields", "docs", "", "id"), Counts(1))
    sources = (Source("other", "x", url="link"), Source("docs", "x", id="key", url="meta.url", date="\x1bday"))
    assert list(unfilled_fields(tally, sources)) == [
        "input.1.url: no document of source docs has a url in the field 'meta.url'",
        "input.1.date: no document of source docs has a date in the field '\\x1bday'",
    ]
    assert list(unfilled_fields(tally, (Source("docs", "x"), Source("docs", "x", text="content")))) == []
    assert "input.1.url: no document of source docs has a url" in " ".join(shown(tally, ("no",), sources=sources))


def test_what_was_capped_is_told() -> None:
    assert "dedup.near.leaders" not in " ".join(shown(small(), ("no",)))
    told = " ".join(shown(small(), ("no",), notes={"unresolved": 1234}))
    assert "1,234 times a document met more others in a band than dedup.near.leaders" in told


def test_the_language_with_the_most_tokens_stands_first() -> None:
    lines = shown(small(), ("no", "zh"))
    firsts = [line.split()[0] for line in lines if line.startswith(("zh ", "no "))]
    assert firsts == ["zh", "no"]


def test_languages_without_documents_are_a_number() -> None:
    lines = shown(small(), ("no", "zh", "sv", "fi"))
    assert not [line for line in lines if line.startswith(("sv ", "fi "))]
    assert "and 2 without a document: babelmill inspect out/x" in lines
    assert "and 1 without a document: babelmill inspect out/x" in shown(Tally(), ("sv",))
    assert not [line for line in shown(small(), ("no", "zh")) if "inspect" in line]


def test_the_reasons_are_counted_on() -> None:
    tally = small()
    for number in range(30):
        tally.add(Key("quality", "docs", "no", f"quality/reason_{number:02}"), Counts(1, 1, 1))
    lines = shown(tally, ("no", "zh"))
    reasons = sum(line.startswith(("quality/", "read/", "duplicate/")) for line in lines)
    assert row(lines, f"{33 - reasons} more reasons")[0] == str(33 - reasons)
    assert len(lines) == MOST_LINES - 1  # the line of further languages is not needed


def sample_sized() -> Tally:
    tally = Tally()
    for number, lang in enumerate(GLM4):
        passing(tally, lang, 1000 + number, 10**6, 300_000)
    return tally


def test_the_other_languages_are_counted_on_at_width_80() -> None:
    lines = shown(sample_sized(), tuple(GLM4))
    languages = sum(any(line.startswith(f"{lang} ") for lang in GLM4) for line in lines)
    assert languages >= 8
    assert f"and {len(GLM4) - languages} more: babelmill inspect out/x" in lines
    assert max(map(len, lines)) <= 80


def test_nothing_is_cut_away_at_width_80() -> None:
    assert not [line for line in shown(sample_sized(), tuple(GLM4)) if "…" in line]


@given(
    reasons=st.integers(0, 40),
    languages=st.integers(0, len(GLM4)),
    sources=st.integers(0, 30),
    lost=st.integers(0, 30),
    name=st.text(st.sampled_from("a/语料"), min_size=1, max_size=300),
    width=st.sampled_from([80, 100, 200]),
)
def test_it_has_25_lines_at_the_most(
    reasons: int, languages: int, sources: int, lost: int, name: str, width: int
) -> None:
    tally = small()
    for lang in list(GLM4)[:languages]:
        passing(tally, lang, 1000, 10**6, 300_000)
    for number in range(reasons):
        tally.add(Key("quality", "docs", "no", f"quality/reason_{number:02}"), Counts(1, 1, 1))
    named = tuple(Source("docs", "x", url=f"{name}{number}") for number in range(sources))
    inputs = tuple(InputFile(f"{name}{number}", "docs", 10, 1, 5) for number in range(lost))
    lines = shown(tally, tuple(GLM4), width, {"unresolved": 3}, named, inputs)
    assert len(lines) <= MOST_LINES
    assert any("records read" in line for line in lines)
