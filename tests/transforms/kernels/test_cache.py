"""The cache is its owner's alone: whoever may write there may run code in our name."""

import os
import stat
from pathlib import Path

import pytest

from babelmill.transforms.errors import WorldError
from babelmill.transforms.kernels.cache import cache_folder, cache_root


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("BABELMILL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("unset", ["", "relative", "./x", None])
def test_xdg_counts_only_as_an_absolute_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, unset: str | None
) -> None:
    monkeypatch.delenv("BABELMILL_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    if unset is None:
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", unset)
    assert cache_root() == tmp_path / ".cache" / "babelmill"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert cache_root() == tmp_path / "x" / "babelmill"


def test_a_relative_cache_stays_where_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BABELMILL_CACHE", "mine")
    assert cache_root() == tmp_path / "mine"


def test_a_folder_is_its_owners(root: Path) -> None:
    umask = os.umask(0)
    try:
        made = cache_folder("kernels")
    finally:
        os.umask(umask)
    assert made == root / "kernels"
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    made.chmod(0o777)
    assert stat.S_IMODE(cache_folder("kernels").stat().st_mode) == 0o755
    made.chmod(0o755)
    assert stat.S_IMODE(cache_folder("kernels").stat().st_mode) == 0o755


def test_somebody_elses_folder_is_not_used(root: Path) -> None:
    if os.getuid():
        pytest.skip("only root can give a folder away")
    made = cache_folder("fetched")
    os.chown(made, 65534, 65534)
    with pytest.raises(WorldError, match=f"{made} is of user 65534, not a folder of your own: set BABELMILL_CACHE"):
        cache_folder("fetched")


def test_a_link_or_a_file_is_not_used(root: Path, tmp_path: Path) -> None:
    root.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (root / "kernels").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(WorldError, match="kernels is a link, not a folder of your own"):
        cache_folder("kernels")
    (root / "tables").touch()
    with pytest.raises(WorldError, match=f"cannot use {root}/tables: "):
        cache_folder("tables")
