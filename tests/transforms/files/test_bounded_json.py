"""JSON within limits is what orjson reads; beyond them it is an error before it takes memory."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files import bounded_json
from babelmill.transforms.files.bounded_json import parse_json, read_json, read_lines
from tests.fuzz.mutations import VALUES


@given(VALUES)
def test_a_small_value_is_read(value: object) -> None:
    try:
        content = orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError):
        return
    assert parse_json(content, 1 << 20) == orjson.loads(content)


@pytest.mark.parametrize("content", [b"[" + b"[]," * 100_000 + b"[]]", b'"' + b"x" * (1 << 20) + b'"', b"[" * 2_000])
def test_what_is_too_much(content: bytes) -> None:
    with pytest.raises(ValueError, match="more than is read|unexpected|recursion|depth"):
        parse_json(content, 1 << 18)


def test_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'{"a": 1}')
    assert read_json(str(path), 8) == {"a": 1}
    with pytest.raises(WorldError, match="more than 7 bytes"):
        read_json(str(path), 7)
    path.write_bytes(b"a\n\nbc\n" + b"x" * 50)
    assert list(read_lines(str(path))) == [b"a", b"", b"bc", b"x" * 50]
    monkeypatch.setattr(bounded_json, "LINE_BYTES", 40)
    with pytest.raises(WorldError, match="a line of more than 40 bytes"):
        list(read_lines(str(path)))
