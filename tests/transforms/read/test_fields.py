"""Fields: a name is looked up, a path followed, in whatever JSON there is; messages are short and harmless."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.read.fields import MISSING, getter, listed, names_of, quoted, without_text
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
    found: Any = record
    for step in name.split("."):
        found = found[step] if isinstance(found, dict) and step in found else MISSING
    return found


@given(records, names)
def test_by_the_rule(record: dict[str, Any], name: str) -> None:
    found = plain(record, name)
    assert getter(name, MISSING)(record) is found
    assert getter(name)(record) is (None if found is MISSING else found)


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
        ({"meta": [{"url": "u"}]}, MISSING), ({"meta": "url"}, MISSING), ({"meta": None}, MISSING), ({}, MISSING),
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
    assert len(without_text("text", record)) < 60 + 20 * (61 * 10 + 2)
    assert visible(without_text("text", record)) == without_text("text", record)


def test_why_there_is_no_text() -> None:
    record = orjson.loads('{"doc_id": 1, "raw_content": "x", "meta": {"url": "u", "n": {}}, "none": {}}')
    assert without_text("text", record) == "no field 'text' among doc_id, raw_content, meta.url, meta.n, none"
    assert without_text("meta.text", {"meta": {"text": None}}) == "the field 'meta.text' is null"
    assert without_text("text", {}) == "no field 'text' among none"
