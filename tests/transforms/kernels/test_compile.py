"""A kernel's cache is named after all that it can see, and after nothing else."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from babelmill.transforms.dedup import edges
from babelmill.transforms.kernels import compile as compiling
from babelmill.transforms.kernels.compile import Kernel, kernel, ready
from babelmill.transforms.pii import emails
from babelmill.transforms.source_closure import sources

LIBRARY = Path(compiling.__file__).parents[1]
KERNELS = sorted(path for path in LIBRARY.rglob("*.py") if "\n@kernel" in path.read_text())


def module_of(path: Path) -> str:
    return ".".join(("babelmill", "transforms", *path.relative_to(LIBRARY).with_suffix("").parts))


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the library to edit; only its sources are looked at."""
    library = Path(shutil.copytree(LIBRARY, tmp_path / "transforms", ignore=shutil.ignore_patterns("__pycache__")))
    monkeypatch.setattr(compiling, "_FOLDER", library)
    return library


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What was asked of a copy is not remembered of the library."""
    yield
    compiling.kernel_folder.cache_clear()


def folders() -> dict[str, Path]:
    compiling.kernel_folder.cache_clear()
    return {module: compiling.kernel_folder(module) for module in map(module_of, KERNELS)}


@pytest.mark.parametrize(
    "edited", ["text/words.py", "kernels/hashing.py", "dedup/edges.py", "pii/emails.py", "documents.py", "work.py"]
)
def test_an_edit_starts_a_new_folder_for_what_depends_on_it_alone(copied: Path, edited: str) -> None:
    before = folders()
    with (copied / edited).open("a") as file:
        file.write("\n# another\n")
    after = folders()
    changed = {module for module in before if before[module] != after[module]}
    name = module_of(LIBRARY / edited)
    depend = {module for module in before if name in sources({"babelmill.transforms": copied}, (module,))}
    assert changed == depend
    assert len(changed) < len(before)


@pytest.mark.parametrize("edited", ["files/storage.py", "errors.py", "kernels/code_cache.py", "kernels/ahead.py"])
def test_how_code_is_kept_is_no_part_of_it(copied: Path, edited: str) -> None:
    before = folders()
    with (copied / edited).open("a") as file:
        file.write("\n# another\n")
    assert folders() == before


def test_every_kernel_is_compiled_into_its_own_folder() -> None:
    compiling.kernel_folder.cache_clear()
    for module in (edges, emails):
        own = [found for found in vars(module).values() if isinstance(found, Kernel)]
        own = [found for found in own if found.py_func.__module__ == module.__name__]
        assert own
        assert {found._cache.cache_path for found in own} == {str(compiling.kernel_folder(module.__name__))}


def test_a_kernel_of_somebody_elses_module_sees_the_whole_library() -> None:
    assert compiling.kernel_folder(__name__) not in folders().values()


def test_code_is_ready_once_it_is_compiled() -> None:
    numbers = np.arange(3, dtype=np.int16)
    assert not ready(_first, numbers.reshape(1, 1, 3, 1), 0)
    assert _first(numbers, 1) == 1
    assert ready(_first, numbers, 1)


@kernel
def _first(numbers: npt.NDArray[np.int16], i: int) -> int:
    return int(numbers[i])
