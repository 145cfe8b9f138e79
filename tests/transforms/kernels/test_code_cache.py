"""Compiled code is found again wherever the package lies, and never when it is damaged or of something else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CODE = """
import sys
from numba.core import event
import numpy as np
seen = []
class Listener(event.Listener):
    def on_start(self, told): seen.append(told.data["dispatcher"].py_func.__qualname__)
    def on_end(self, told): pass
event.register("numba:compile", Listener())
from babelmill.transforms.kernels import hashing
out = hashing.mixed(np.arange(5, dtype=np.uint64), 7)
print(len(seen), hashing.__file__, out.tolist())
"""


def run(names: Path, cache: Path) -> tuple[int, str, str]:
    environment = {**os.environ, "PYTHONPATH": str(names), "BABELMILL_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, env=environment, cwd=names
    )
    count, path, values = done.stdout.split(maxsplit=2)
    return int(count), path, values


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two copies of the library, installed in two places."""
    found = []
    for _ in range(2):
        top = tmp_path_factory.mktemp("installed")
        library = top / "babelmill" / "transforms"
        shutil.copytree(ROOT / "transforms", library, ignore=shutil.ignore_patterns("__pycache__"))
        (top / "babelmill" / "__init__.py").write_text("")
        found.append(top)
    return found


def test_a_copy_in_another_folder_compiles_nothing(copies: list[Path], tmp_path: Path) -> None:
    one, other = copies
    compiled, path, values = run(one, tmp_path)
    assert compiled > 0
    assert path.startswith(str(one))
    again, elsewhere, same = run(other, tmp_path)
    assert (again, same) == (0, values)
    assert elsewhere.startswith(str(other))


@pytest.mark.parametrize("damage", [b"", b"x" * 100])
def test_damaged_code_is_compiled_anew(copies: list[Path], tmp_path: Path, damage: bytes) -> None:
    _, _, values = run(copies[0], tmp_path)
    [file] = (tmp_path / "kernels").rglob("hashing._mix_into.*.code")
    whole = file.read_bytes()
    file.write_bytes(damage or whole[:-1])
    compiled, _, same = run(copies[0], tmp_path)
    assert compiled > 0
    assert same == values
    assert len(file.read_bytes()) > 100


def test_an_edit_is_compiled_anew(copies: list[Path], tmp_path: Path) -> None:
    run(copies[0], tmp_path)
    edited = copies[1] / "babelmill" / "transforms" / "kernels" / "hashing.py"
    edited.write_text(edited.read_text() + "\n# another\n")
    assert run(copies[1], tmp_path)[0] > 0


def test_a_cache_that_cannot_be_written_only_costs_time(copies: list[Path], tmp_path: Path) -> None:
    if not os.getuid():
        pytest.skip("root writes everywhere")
    (tmp_path / "kernels").mkdir(mode=0o500)
    assert run(copies[0], tmp_path)[0] > 0
