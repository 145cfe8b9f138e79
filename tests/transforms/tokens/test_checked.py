"""What was kept of a tokenizer is found again, until anything that it was made with changes."""

from pathlib import Path

import pytest

from babelmill.transforms.errors import WorldError
from babelmill.transforms.kernels import cache
from babelmill.transforms.tokens import checked
from babelmill.transforms.tokens.checked import Checked, keep_checked, was_checked

SHA256 = "ab" * 32
FOUND = Checked(128_000, "token", 3)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep it in a cache of the test's own; kernels stay where they are."""
    monkeypatch.setattr(checked, "cache_folder", lambda name: cache.cache_folder(str(tmp_path / name)))
    return tmp_path / "tokenizers"


def test_it_is_found_again() -> None:
    assert was_checked(SHA256) is None
    keep_checked(SHA256, FOUND)
    assert was_checked(SHA256) == FOUND
    assert was_checked("cd" * 32) is None


def test_other_code_or_libraries_check_again(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_checked(SHA256, FOUND)
    monkeypatch.setattr(checked, "_made_with", lambda: "another version")
    assert was_checked(SHA256) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"vocab_size":1}', b'{"other":1}', b"\xff"])
def test_what_is_damaged_counts_for_nothing(folder: Path, content: bytes) -> None:
    keep_checked(SHA256, FOUND)
    [path] = folder.iterdir()
    path.write_bytes(content)
    assert was_checked(SHA256) is None


def test_a_disk_that_takes_nothing_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, content: bytes) -> None:
        raise WorldError("no space left")

    monkeypatch.setattr(checked, "write_bytes", refuse)
    keep_checked(SHA256, FOUND)
    assert was_checked(SHA256) is None


def test_the_name_covers_all_that_encodes() -> None:
    code, *versions = checked._made_with().split()
    assert len(code) == 16
    assert len(versions) >= 4
