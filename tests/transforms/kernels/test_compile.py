"""A kernel's cache is named after all that it can see, and after nothing else."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from babelmill.transforms.kernels import compile as compiling
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


def folders() -> dict[str, str]:
    compiling._kernel_folder.cache_clear()
    return {module: compiling._kernel_folder(module) for module in map(module_of, KERNELS)}


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


def test_every_kernel_is_compiled_into_its_own_folder() -> None:
    compiling._kernel_folder.cache_clear()
    for module in ("babelmill.transforms.dedup.edges", "babelmill.transforms.pii.emails"):
        code = (
            f"import {module} as m\n"
            "own = [k for k in vars(m).values() if hasattr(k, 'py_func') and k.py_func.__module__ == m.__name__]\n"
            "print({k._cache.cache_path.rpartition('/')[0] for k in own})"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout == f"{{{compiling._kernel_folder(module)!r}}}\n"


def test_a_kernel_of_somebody_elses_module_sees_the_whole_library() -> None:
    assert compiling._kernel_folder(__name__) not in folders().values()
