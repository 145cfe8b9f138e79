"""Arrays are kept on disk, and made anew where they cannot be believed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from babelmill.transforms.kernels.array_cache import digest, kept

ARRAYS = {"numbers": np.arange(5000, dtype=np.uint16), "names": np.array(["no", "nynorsk"])}


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty cache."""
    monkeypatch.setenv("BABELMILL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def make() -> dict[str, np.ndarray]:
    return dict(ARRAYS)


def same(found: dict[str, np.ndarray]) -> bool:
    return found.keys() == ARRAYS.keys() and all(
        found[name].dtype == array.dtype and np.array_equal(found[name], array) for name, array in ARRAYS.items()
    )


def test_kept(cache: Path) -> None:
    assert same(kept("demo", "one", make))
    assert [path.name for path in (cache / "demo").iterdir()] == ["one.npz"]
    assert same(kept("demo", "one", lambda: pytest.fail("they are there")))
    assert not kept("demo", "two", dict)


@pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[: len(b) // 2], lambda b: b[:5000] + b"??" + b[5002:]])
def test_damaged(cache: Path, damage: Callable[[bytes], bytes]) -> None:
    kept("demo", "one", make)
    file = cache / "demo" / "one.npz"
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert file.read_bytes() != whole
    assert same(kept("demo", "one", make))
    assert same(kept("demo", "one", lambda: pytest.fail("they are there")))


def test_nothing_is_unpickled(cache: Path) -> None:
    (cache / "demo").mkdir(parents=True)
    np.savez(cache / "demo" / "one.npz", numbers=np.array([print], object))
    assert same(kept("demo", "one", make))


def test_no_room(cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache.write_text("in the way")
    assert same(kept("demo", "one", make))
    assert "tables of demo are made again every time" in caplog.text


def test_a_digest_knows_its_parts_apart() -> None:
    found = [digest("ab", "c"), digest("a", "bc"), digest("abc"), digest(b"abc", "")]
    assert len(set(found)) == 4
    assert digest("é") == digest("é".encode())
