"""A fingerprint is another one where anything is that decides results, and the same where nothing is."""

import enum
import importlib
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field, make_dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.errors import ConfigError
from babelmill.transforms.fingerprint import _source, fingerprint
from babelmill.transforms.language.script import Script
from babelmill.transforms.quality.rules import Bounds, Within


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclass(frozen=True)
class Thing:
    name: str
    inner: Any = None
    seen: list[int] = field(default_factory=list)


class Slotted:
    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


class Plain:
    def __init__(self, value: object) -> None:
        self.value = value

    def method(self) -> object:
        return self.value


def closed(value: object) -> Any:
    return lambda: value


DIFFERENT = [
    None, False, 0, 0.0, "", "0", b"", b"0", (), (0,), (None,), [0], {}, {0: 1}, {1: 0}, {"0": 1}, frozenset(),
    frozenset({0}), "ab", ("a", "b"), (("a",), "b"), ("a", ("b",)), "a b", float("nan"), float("inf"), -0.0, 1 << 70,
    np.arange(3), np.arange(3, dtype=np.int32), np.arange(3).reshape(1, 3), np.float32(1), np.float64(1),
    pa.int32(), pa.int64(), pa.field("a", pa.int32()), pa.field("a", pa.int32(), nullable=False),
    pa.schema([("a", pa.int32())]), pa.schema([("a", pa.int32()), ("b", pa.int32())]),
    re.compile("a"), re.compile("a", re.IGNORECASE), Colour.RED, Colour.BLUE, Pair(1, 2), Pair(2, 1), (1, 2),
    Thing("a"), Thing("b"), Thing("a", Thing("a")), Slotted(1), Slotted(2), Plain(1), Plain(2), Plain(1).method,
    Plain(2).method, closed(1), closed(2), partial(max, 1), partial(max, 2), max, min, Thing, Plain, Path("a"),
    Script(), Within("n_words", {"en": Bounds(1, None)}), Within("n_words", {"en": Bounds(2, None)}),
    Within("n_words", {"zh": Bounds(1, None)}), Within("n_chars", {"en": Bounds(1, None)}),
]  # fmt: skip


def test_what_differs_has_another_fingerprint() -> None:
    found = [fingerprint(value) for value in DIFFERENT]
    alike = [(DIFFERENT[i], DIFFERENT[j]) for i in range(len(found)) for j in range(i) if found[i] == found[j]]
    assert alike == []
    assert [fingerprint(value) for value in DIFFERENT] == found


def test_order_counts_where_it_means_something() -> None:
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint({"a", "b", "c"}) == fingerprint({"c", "b", "a"})
    assert fingerprint(("a", "b")) != fingerprint(("b", "a"))


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.tuples(inner, inner) | st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(_PLAIN, _PLAIN)
def test_only_equals_share_a_fingerprint(left: Any, right: Any) -> None:
    same = repr(left) == repr(right) or (isinstance(left, dict) and isinstance(right, dict) and left == right)
    if same:
        assert fingerprint(left) == fingerprint(right)
    elif fingerprint(left) == fingerprint(right):
        # Only in the order of a mapping's keys may they differ.
        assert left == right


def test_a_text_that_names_a_file_stands_for_its_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one.bin", tmp_path / "two.bin"
    one.write_bytes(b"model")
    two.write_bytes(b"model")
    assert fingerprint(Thing(str(one))) == fingerprint(Thing(str(two)))
    before = fingerprint(Thing(str(one)))
    one.write_bytes(b"other")
    assert fingerprint(Thing(str(one))) != before


def test_it_is_the_same_in_another_process() -> None:
    code = (
        "from babelmill.transforms.fingerprint import fingerprint\n"
        "from babelmill.transforms.quality.rules import Bounds, Within\n"
        "print(fingerprint((Within('n_words', {'en': Bounds(1, None)}), frozenset('abcdef'), {'b': 1, 'a': 2})))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


@pytest.mark.parametrize("package", [True, False])
def test_a_users_step_is_known_by_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: bool) -> None:
    code = "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Mine:\n    least: int = 1\n"
    name = f"my_steps_{package}".lower()
    path = tmp_path / name / "__init__.py" if package else tmp_path / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    first = fingerprint(importlib.import_module(name).Mine())
    changed = path.with_name("helper.py") if package else path
    changed.write_text(code + "# a change, here or in what is beside it\n")
    _source.cache_clear()
    assert fingerprint(importlib.import_module(name).Mine()) != first


def test_what_cannot_be_known_again_is_refused() -> None:
    with pytest.raises(ConfigError, match="results could be known again"):
        fingerprint(Thing("a", (value for value in ())))
    # A class that nothing can be imported of has no source.
    orphan = make_dataclass("Orphan", ["a"])
    orphan.__module__ = "nowhere"
    with pytest.raises((ConfigError, ValueError)):
        fingerprint(orphan(1))
