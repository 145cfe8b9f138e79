"""Nothing is removed through a link, nor from under a living process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.removal import remove_below
from babelmill.transforms.files.temporaries import named_finally, writer_of


def test_what_is_listed_goes(tmp_path: Path) -> None:
    for name in ("a", "data/lang=en/b", "data/lang=en/c"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "out").symlink_to(tmp_path)
    remove_below(str(tmp_path / "out"), ["a", "data/lang=en/b", "none", "data/none/x", "a/b"])
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["c"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3))
def test_nothing_behind_a_link_goes(tmp_path_factory: pytest.TempPathFactory, depth: int) -> None:
    tmp_path = tmp_path_factory.mktemp("links")
    parts = ["data", "lang=en", "deep", "b"]
    mine = (tmp_path / "elsewhere").joinpath(*parts[depth + 1 :])
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("mine")
    above = (tmp_path / "out").joinpath(*parts[:depth])
    above.mkdir(parents=True)
    (above / parts[depth]).symlink_to(tmp_path / "elsewhere")
    remove_below(str(tmp_path / "out"), ["/".join(parts)])
    # A link that has the file's very name goes, and what it leads to stays.
    assert (above / parts[depth]).is_symlink() == (depth < 3)
    assert mine.read_text() == "mine"


def test_what_a_living_process_writes_stays(tmp_path: Path) -> None:
    write = (
        "import os; open(f'x.tmp-{os.getpid()}-1-00c0ffee', 'w'); file = open(f'x.tmp-{os.getpid()}-2-00c0ffee', 'w')"
    )
    living = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", f"{write}; print(flush=True); input()"], cwd=tmp_path,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert living.stdout is not None
    living.stdout.readline()
    others = (os.getpid(), 1, 2**22 + 7, 2**70)
    names = [f"x.tmp-{living.pid}-{thread}-00c0ffee" for thread in (2, 1)]
    names += [f"x.tmp-{process}-1-00c0ffee" for process in others]
    for name in names:
        (tmp_path / name).touch()
        assert named_finally(name) == "x"
    assert list(map(writer_of, names)) == [living.pid, living.pid, *others]
    remove_below(str(tmp_path), names)
    assert [path.name for path in tmp_path.iterdir()] == names[:1]
    living.communicate(b"\n")
    remove_below(str(tmp_path), names)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_removed_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(WorldError, match=f"cannot remove {tmp_path}/a: "):
        remove_below(str(tmp_path), ["a"])
