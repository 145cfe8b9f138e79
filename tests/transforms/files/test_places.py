"""Whether a path leads into a folder is decided by what both are."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.files.places import Folder, below, normal


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("out/data", "outside", "deep/er"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "out" / "x").touch()
    (tmp_path / "link").symlink_to(tmp_path / "out")
    (tmp_path / "deep" / "up").symlink_to(tmp_path)
    (tmp_path / "deep" / "file").symlink_to(tmp_path / "out" / "x")
    (tmp_path / "out" / "away").symlink_to(tmp_path / "outside")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "path",
    ["out", "out/", "./out/x", "out/../out/x", "out/.", "link", "link/x", "link/none/at/all", "deep/up/out/x",
     "deep/file", "outside/../link/data", "{}/out/x", "{}//out//x"],
)  # fmt: skip
def test_what_is_inside(world: Path, path: str) -> None:
    for folder in ("out", "out/", "link", f"{world}/out", "deep/../out", "deep/up/out"):
        assert below(path.format(world), folder), folder


@pytest.mark.parametrize(
    "path", [".", "/", "outside", "outside/x", "out.txt", "outx/y", "deep/er", "out/away/x", "none"]
)
def test_what_is_not(world: Path, path: str) -> None:
    for folder in ("out", "link", f"{world}/out"):
        assert not below(path, folder), folder


def test_a_folder_need_not_exist(world: Path) -> None:
    assert below("none/x", "none")
    assert below("link/none/x", "out/none")
    assert not below("nonesuch/x", "none")


def test_another_name_of_the_same_folder(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As a bind mount, or a file system that does not tell OUT from out: two names, one device and inode.
    same, stat = (world / "out").stat(), os.stat
    monkeypatch.setattr(os, "stat", lambda path, **more: same if str(path).endswith("/OUT") else stat(path, **more))
    assert below(f"{world}/OUT/x/y", "out")


@pytest.mark.parametrize(
    ("path", "folder", "inside"),
    [
        ("gs://b/out/x", "gs://b/out", True), ("gs://b/out", "gs://b/out/", True), ("GS://B/out/x", "gs://b/out", True),
        ("gs://b/out2/x", "gs://b/out", False), ("gs://b/Out/x", "gs://b/out", False),
        ("gs://b//out/x", "gs://b/out", False), ("gs://b/out/x", "gs://b", True), ("s3://b/out/x", "gs://b/out", False),
        ("hdfs://n:1//a/../out/x", "hdfs://N:1/out", True), ("/b/out/x", "gs://b/out", False),
        ("gs://b/out/x", "/out", False),
    ],
)  # fmt: skip
def test_stores(path: str, folder: str, inside: bool) -> None:
    assert below(path, folder) is inside


@given(st.text(alphabet="ab/.", max_size=20))
def test_a_normal_address_stays_as_it_is(rest: str) -> None:
    for scheme in ("gs", "hdfs"):
        found = normal(f"{scheme}://host/{rest}")
        assert normal(found) == found


def test_each_parent_is_looked_at_once(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, asked, real = Folder("out"), [], os.path.realpath
    monkeypatch.setattr(os.path, "realpath", lambda path: asked.append(path) or real(path))
    assert not any(folder.holds(f"outside/{number}") for number in range(1000))
    assert len(asked) == 1
