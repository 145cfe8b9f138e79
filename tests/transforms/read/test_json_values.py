"""Objects in a stream of JSON: the same whatever is between them and however the stream is cut; nothing is lost."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from babelmill.transforms.read.json_values import BROKEN, OBJECT, OTHER, Span, split_values

values = st.recursive(
    st.none() | st.integers() | st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(st.text(max_size=3), values, max_size=3)
between = st.lists(st.sampled_from([" ", "\n", "\r\n", "\t", ",", "[", "]", "\x1e", "\ufeff"]), max_size=3).map("".join)


def split(content: bytes, sizes: list[int] | None = None, most: int = 1 << 20) -> list[Span]:
    """Split content that comes in chunks of some sizes, over and over."""
    chunks, at, number = [], 0, 0
    while at < len(content):
        size = sizes[number % len(sizes)] if sizes else len(content)
        chunks.append(content[at : at + size])
        at, number = at + size, number + 1
    return list(split_values(chunks, most, 8))


@given(st.lists(st.tuples(objects, between, st.sampled_from([None, 0, 2])), max_size=6), st.lists(st.integers(1, 9)))
def test_objects_whatever_is_between_them(
    parts: list[tuple[dict[str, object], str, int | None]], sizes: list[int]
) -> None:
    content, expected = b"", []
    for value, separator, indent in parts:
        content += separator.encode()
        raw = json.dumps(value, ensure_ascii=False, indent=indent).encode()
        expected.append(Span(OBJECT, len(content), len(raw), raw))
        content += raw
    found = [span for span in split(content, sizes) if span.size]
    assert found == expected


@given(st.binary(max_size=60) | st.text('{}[]",\\\n\x1e ab:', max_size=60).map(str.encode), st.lists(st.integers(1, 5)))
@example(b'{"a": "x\n{"b": 1}', [1])
@example(b'"a\nb', [2])
def test_spans_are_in_order_and_leave_out_separators_alone(content: bytes, sizes: list[int]) -> None:
    found = split(content, sizes)
    assert found == split(content)
    at, left = 0, b""
    for span in found:
        assert span.offset >= at
        assert span.raw == content[span.offset : span.offset + span.size]
        left, at = left + content[at : span.offset], span.offset + span.size
    left += content[at:]
    assert not left.strip(b" \t\r\n,[]\x1e\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'[{"a": 1}, {"b": 2}]', [(OBJECT, b'{"a": 1}'), (OBJECT, b'{"b": 2}')]),
        (b'{"a": "]}{"}', [(OBJECT, b'{"a": "]}{"}')]),
        (b'{"a": "\\"}"}', [(OBJECT, b'{"a": "\\"}"}')]),
        (b'["x,]", 7, null]', [(OTHER, b'"x,]"'), (OTHER, b"7"), (OTHER, b"null")]),
        # A string that is broken by a line end costs its object, not the next one.
        (b'{"a": "x\n{"b": 2}\n{"c": 3}', [(BROKEN, b'{"a": "x\n'), (OBJECT, b'{"b": 2}'), (OBJECT, b'{"c": 3}')]),
        (b'[{"a": "x\n"}, {"l": 1}\n, {"b": 2}]', [(BROKEN, b'{"a": "x\n"}, {"l": 1}\n, '), (OBJECT, b'{"b": 2}')]),
        # RFC 7464: a record separator ends what is not complete.
        (b'\x1e{"a": [1\n\x1e{"b": 2}\n', [(BROKEN, b'{"a": [1\n'), (OBJECT, b'{"b": 2}')]),
        (b'{"a": {"b": 1}', [(BROKEN, b'{"a": {"b": 1}')]),
        (b'[{"a": 1}', [(OBJECT, b'{"a": 1}'), (BROKEN, b"")]),
        (b"", []), (b"[]", []), (b" \n", []),
    ],
)  # fmt: skip
def test_kinds(content: bytes, expected: list[tuple[int, bytes]]) -> None:
    assert [(span.kind, span.raw) for span in split(content)] == expected


@given(st.lists(st.integers(1, 200), max_size=6), st.lists(st.integers(1, 40)))
def test_of_large_ones_there_is_the_head(lengths: list[int], sizes: list[int]) -> None:
    raws = [json.dumps({"k": "x" * length}).encode() for length in lengths]
    found = split(b"\n".join(raws), sizes, most=64)
    assert [span.size for span in found] == list(map(len, raws))
    for span, raw in zip(found, raws, strict=True):
        assert span.raw == raw if span.size <= 64 else span.raw == raw[:8]


def test_more_spans_than_are_found_at_once() -> None:
    found = split(b'{"a":1}' * 10_000)
    assert len(found) == 10_000
    assert found[-1].offset == 7 * 9_999
