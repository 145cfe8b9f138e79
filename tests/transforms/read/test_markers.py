"""Hidden, temporary and marker files are no input, unless they are written out; a folder means its files."""

from pathlib import Path

import pytest

from babelmill.transforms.errors import ConfigError
from babelmill.transforms.read.markers import is_marker
from babelmill.transforms.read.sources import Source, list_files


@pytest.mark.parametrize(
    ("path", "glob", "expected"),
    [
        ("in/_SUCCESS", "in/*", True), ("in/_temporary/0/a.jsonl", "in/**/*.jsonl", True),
        ("in/a.jsonl.crc", "in/*", True),
        ("in/._a.jsonl", "in/*", True), ("in/a.jsonl~", "in/*", True), ("in/Thumbs.db", "in/*", True),
        ("in/.ipynb_checkpoints/a.json", "in/**", True), ("in/a.jsonl", "in/*", False), ("_in/.x/a", "_in/.x/*", False),
        ("in/_a.jsonl", "in/_*", False), ("in/_a.jsonl", "in/_a.jsonl", False), ("in/a.tmp", "in/*.tmp", False),
    ],
)  # fmt: skip
def test_names(path: str, glob: str, expected: bool) -> None:
    assert is_marker(path, glob) is expected


def test_a_folder_means_its_files(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b/c.jsonl", "_SUCCESS", "b/_temporary/x.jsonl", ".hidden", "b/d.jsonl.crc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"{}")
    for spelling in (str(tmp_path), f"{tmp_path}/"):
        source, markers = Source("docs", spelling), list[str]()
        found = [str(Path(file.path).relative_to(tmp_path)) for _, _, file in list_files([source], markers=markers)]
        assert found == ["a.jsonl", "b/c.jsonl"]
        assert sorted(Path(path).name for path in markers) == ["_SUCCESS", "d.jsonl.crc", "x.jsonl"]
        assert source.names(str(tmp_path / "b/c.jsonl"))
        assert not source.names(str(tmp_path.parent / "other.jsonl"))


def test_nothing_but_markers_is_said(tmp_path: Path) -> None:
    (tmp_path / "_SUCCESS").write_bytes(b"")
    with pytest.raises(ConfigError, match="but for 1 hidden, temporary or marker files"):
        list(list_files([Source("docs", str(tmp_path / "*"))]))
