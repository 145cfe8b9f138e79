"""Fields: a name is looked up, a path followed, in whatever JSON there is; messages are short and harmless."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.read.fields import (
    MISSING,
    Fields,
    getter,
    joined_text,
    listed,
    names_of,
    quoted,
    without_text,
)
from babelmill.transforms.read.sources import Source
from babelmill.transforms.text.visible import visible

KEYS = st.sampled_from(["a", "b", "c", "a.b", "a.b.c", ""])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
records = st.dictionaries(KEYS, values, max_size=5)
names = st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=1, max_size=4).map(".".join)


def plain(record: dict[str, Any], name: str) -> Any:
    """Return a field by the rule as it is written."""
    if name in record:
        return record[name]
    return plain_path(record, name.split("."))


def plain_path(value: Any, steps: list[str]) -> Any:
    if not steps:
        return value
    if isinstance(value, list):
        return [found for one in value if (found := plain_path(one, steps)) is not MISSING] or MISSING
    return plain_path(value[steps[0]], steps[1:]) if isinstance(value, dict) and steps[0] in value else MISSING


@given(records, names)
def test_by_the_rule(record: dict[str, Any], name: str) -> None:
    found = plain(record, name)
    assert getter(name, MISSING)(record) == found
    assert getter(name)(record) == (None if found is MISSING else found)


@given(records)
def test_every_name_that_is_offered_leads_somewhere(record: dict[str, Any]) -> None:
    for name in names_of(record):
        assert getter(name, MISSING)(record) is not MISSING


@given(records)
def test_every_field_is_offered(record: dict[str, Any]) -> None:
    offered = set(names_of(record))
    for name, value in record.items():
        nested = isinstance(value, dict) and value and "." not in name
        assert ({f"{name}.{key}" for key in value if "." not in key} if nested else {name}) <= offered


@pytest.mark.parametrize(
    ("record", "value"),
    [
        ({"meta": {"url": "u"}}, "u"), ({"meta.url": "top", "meta": {"url": "u"}}, "top"),
        ({"meta.url": None, "meta": {"url": "u"}}, None), ({"meta": {"url": None}}, None),
        ({"meta": {"url": ["u"]}}, ["u"]), ({"meta": {"url": {"x": "u"}}}, {"x": "u"}),
        ({"meta": [{"url": "u"}, 7, {"x": 1}, {"url": None}]}, ["u", None]), ({"meta": [{"x": "u"}]}, MISSING),
        ({"meta": "url"}, MISSING), ({"meta": None}, MISSING), ({}, MISSING),
    ],
)  # fmt: skip
def test_a_path(record: dict[str, Any], value: Any) -> None:
    assert getter("meta.url", MISSING)(record) == value


def test_names_are_few_short_and_harmless() -> None:
    assert listed(map(str, range(20))) == ", ".join(map(str, range(20)))
    assert listed(map(str, range(21))) == ", ".join(map(str, range(20))) + ", …"
    assert listed(["\x1b[31mred\u202e\n", "n" * 1_000]) == "\\x1b[31mred\\u202e , " + "n" * 60 + "…"
    assert quoted("a'b") == "'a'b'"


@given(st.dictionaries(st.text(max_size=90), st.none() | st.dictionaries(st.text(max_size=90), st.none(), max_size=30)))
def test_a_message_is_bounded(record: dict[str, Any]) -> None:
    # A character may be written out in ten.
    assert len(without_text(["text"], record)) < 60 + 20 * (61 * 10 + 2)
    assert visible(without_text(["text"], record)) == without_text(["text"], record)


def test_why_there_is_no_text() -> None:
    record = orjson.loads('{"doc_id": 1, "raw_content": "x", "meta": {"url": "u", "n": {}}, "none": {}}')
    assert without_text(["text"], record) == "no field 'text' among doc_id, raw_content, meta.url, meta.n, none"
    assert without_text(["meta.text"], {"meta": {"text": None}}) == "the field 'meta.text' is null"
    assert without_text(["text"], {}) == "no field 'text' among none"


texts = st.none() | st.text(max_size=3)


@given(st.lists(texts | st.lists(texts | st.lists(texts, max_size=2), max_size=3), max_size=3))
def test_parts_of_a_text_are_joined(values: list[Any]) -> None:
    def flat(value: Any) -> list[str]:
        return [value] if isinstance(value, str) else [part for one in value or () for part in flat(one)]

    parts = [flat(value) for value in values if flat(value)]
    expected = "\n\n".join(filter(None, map("\n".join, parts))) if parts else None
    assert joined_text(values) == expected


def test_what_is_no_text_among_the_parts_comes_back() -> None:
    assert joined_text(["a", ["b", 7]]) == 7
    assert joined_text([{"a": 1}, "b"]) == {"a": 1}


def test_the_fields_of_a_record() -> None:
    source = Source("s", "x", text=["title", "body.parts"], id="meta.id")
    fields = Fields(source)
    record = {"title": "T", "body": {"parts": ["a", "b"]}, "meta": {"id": 7}, "url": "u"}
    assert fields.of(record) == ("T\n\na\nb", 7, "u", None)
    assert fields.of({"body": {"parts": ["a"]}}) == ("a", None, None, None)
    assert fields.of({}) == (None, None, None, None)
    found = {role for role, value in fields.roles({"title": "T"}, MISSING) if value is not MISSING}
    assert found == set()
    assert dict(fields.roles(record, None)) == {"text": "T", "id": 7, "url": "u", "date": None}
