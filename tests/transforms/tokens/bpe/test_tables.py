"""Tables are kept on disk, each tokenizer's under its own name."""

from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
import pytest

from babelmill.transforms.tokens.bpe import tables as module
from babelmill.transforms.tokens.bpe.tables import Tables, load_tables

Make = Callable[..., str]


@pytest.fixture
def content(make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> bytes:
    """A tokenizer.json, and an empty cache."""
    monkeypatch.setenv("BABELMILL_CACHE", str(tmp_path / "cache"))
    return Path(make()).read_bytes()


def arrays(tables: Tables) -> list[np.ndarray]:
    found: list[np.ndarray] = []
    for part in (tables.classes, tables.splitter, *tables.model, (tables.touched,)):
        found += part
    return found


def same(one: Tables, other: Tables) -> bool:
    pairs = list(zip(arrays(one), arrays(other), strict=True))
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)


def cached(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "cache" / "tokenizers").glob("*"))


def test_kept(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = load_tables(content)
    [file] = cached(tmp_path)
    assert file.suffix == ".npz"
    with monkeypatch.context() as patch:
        patch.setattr(module, "make_tables", lambda content: pytest.fail("they are there"))
        assert same(load_tables(content), made)
    other = content.replace(b"{1,3}", b"{1,2}")
    assert not same(load_tables(other), made)
    assert len(cached(tmp_path)) == 2


def test_tables_from_the_disk_are_of_the_same_types(content: bytes) -> None:
    """Or the kernels would be compiled once more on the second run."""
    first, second = (numba.typeof(load_tables(content)) for _ in range(2))
    assert first == second
