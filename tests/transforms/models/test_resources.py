"""Files of models: one copy a user, named for any machine, and the same while a run goes on."""

import os
from pathlib import Path

import pytest

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.storage import write_bytes
from babelmill.transforms.fingerprint import fingerprint
from babelmill.transforms.models.resources import address, at_hand, check_files, located, moved
from babelmill.transforms.quality.classifier import Score
from tests.memory_filesystem import MemoryFileSystem


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("BABELMILL_CACHE", str(tmp_path / "cache"))
    MemoryFileSystem.objects.clear()
    return tmp_path / "cache"


def test_a_copy_is_fetched_once_into_the_users_own_cache(cache: Path) -> None:
    write_bytes("mem://bucket/edu.bin", b"a model")
    copy = at_hand("mem://bucket/edu.bin")
    assert Path(copy).read_bytes() == b"a model"
    assert Path(copy).is_relative_to(cache / "fetched")
    before = os.stat(copy).st_ino
    assert at_hand("mem://bucket/edu.bin") == copy
    assert os.stat(copy).st_ino == before
    assert address(copy) == "mem://bucket/edu.bin"
    assert located("mem://bucket/edu.bin") == copy
    # Another object of the same name and size is another copy, by its checksum.
    write_bytes("mem://bucket/edu.bin", b"A MODEL")
    assert Path(at_hand("mem://bucket/edu.bin")).read_bytes() == b"A MODEL"
    write_bytes("mem://bucket/edu.bin", b"a model")
    # One that was cut off is fetched again.
    Path(copy).write_bytes(b"a mo")
    assert Path(at_hand("mem://bucket/edu.bin")).read_bytes() == b"a model"


def test_another_users_copy_is_not_loaded(cache: Path) -> None:
    if os.getuid():
        pytest.skip("only root can give a folder away")
    write_bytes("mem://bucket/edu.bin", b"a model")
    copy = at_hand("mem://bucket/edu.bin")
    Path(copy).write_bytes(b"A MODEL")
    os.chown(cache / "fetched", 65534, 65534)
    with pytest.raises(WorldError, match=f"{cache}/fetched is of user 65534"):
        at_hand("mem://bucket/edu.bin")


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(WorldError, match="cannot read mem://bucket/none: no such file"):
        at_hand("mem://bucket/none")
    assert at_hand("here/or/not") == "here/or/not"


def test_a_model_that_was_replaced_since_the_plan_is_told(tmp_path: Path) -> None:
    model = tmp_path / "m.bin"
    model.write_bytes(b"one")
    steps = (Score("edu", str(model), "hq", 10),)
    planned = fingerprint(steps)
    check_files(moved(steps, located), planned)
    model.write_bytes(b"two")
    with pytest.raises(WorldError, match=f"changed since the plan, run again: {model}"):
        check_files(moved(steps, located), planned)
