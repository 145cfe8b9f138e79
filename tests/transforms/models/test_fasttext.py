"""A fastText model that was cut off or changed in length is refused, wherever."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.models.fasttext import _check, check_model_file


@pytest.fixture(scope="module")
def content(lid_model: str) -> bytes:
    return Path(lid_model).read_bytes()


def test_a_whole_model(lid_model: str) -> None:
    check_model_file(lid_model)


@given(share=st.floats(0, 1, exclude_max=True))
def test_any_part_of_one_is_refused(share: float, content: bytes) -> None:
    with pytest.raises(ValueError, match=r"it ends|fastText"):
        _check(content[: int(share * len(content))])


def test_more_than_one_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="goes on for 1 bytes"):
        _check(content + b"x")


@pytest.mark.parametrize("name", ["empty", "text"])
def test_other_files(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"" if name == "empty" else b"name: sample\n" * 100)
    with pytest.raises(ValueError, match=r"it is empty|does not begin"):
        check_model_file(str(tmp_path / name))
