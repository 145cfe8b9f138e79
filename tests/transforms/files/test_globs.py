"""Globs: what the library's `glob` finds, and an end where links go in a ring."""

import glob
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelmill.transforms.files.globs import fits, matches

paths = st.lists(st.sampled_from(["a", "b", ".h", "c.jsonl", "d.x"]), min_size=1, max_size=4).map("/".join)
PATTERNS = ["*", "**", "**/*", "**/*.jsonl", "a/**", "a/**/b*", "**/b/*", "*/**/*.jsonl", "a/*/c.jsonl", "**/a/**/*.x"]


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(max_examples=25)
@given(names=st.sets(paths))
def test_files_are_those_of_glob(tmp_path_factory: pytest.TempPathFactory, pattern: str, names: set[str]) -> None:
    folder = tmp_path_factory.mktemp("glob")
    for name in sorted(names):
        path = folder / name
        if not any(parent.is_file() for parent in path.parents) and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    whole = os.path.join(glob.escape(str(folder)), pattern)
    found = [path for path in matches(whole) if os.path.isfile(path)]
    assert len(set(found)) == len(found)
    assert all(fits(path, whole) for path in found)
    assert set(found) == {path for path in glob.glob(whole, recursive=True) if os.path.isfile(path)}


def test_every_folder_is_entered_once(tmp_path: Path) -> None:
    """Of two rings of links the library's glob makes 2⁴⁰ paths."""
    (tmp_path / "real" / "inner").mkdir(parents=True)
    (tmp_path / "real" / "inner" / "a.jsonl").touch()
    for name in ("one", "two"):
        (tmp_path / "real" / "inner" / name).symlink_to(tmp_path / "real")
    (tmp_path / "elsewhere").symlink_to(tmp_path / "real")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert list(matches(f"{tmp_path}/**/*.jsonl")) == [f"{tmp_path}/real/inner/a.jsonl"]


def test_a_link_to_another_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a.jsonl").touch()
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "link").symlink_to(tmp_path / "there")
    assert list(matches(f"{tmp_path}/here/**/*.jsonl")) == [f"{tmp_path}/here/link/a.jsonl"]


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/etc/passwd", "/data/**"), ("/data/../etc/passwd", "/data/**"), ("/data/.ssh/id", "/data/*/*"),
        ("/data/a/b.jsonl", "/data/*.jsonl"), ("gs://theirs/a.jsonl", "gs://mine/*"), ("/data/a/", "/data/**"),
    ],
)  # fmt: skip
def test_what_a_glob_does_not_name(path: str, pattern: str) -> None:
    assert not fits(path, pattern)


def test_many_wildcards_take_no_time() -> None:
    assert not fits("/".join(["a" * 50] * 40), "/".join(["**", "*a*a*a*a*a*"] * 40) + "b")
