"""A package waits until something of it is asked for, and what is absent is there again behind the block."""

import importlib
import importlib.resources
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from babelmill.transforms.imports import absent, deferred

INIT = """
import waiting_package.light
from waiting_package import heavy
__all__ = ["answer"]
__version__ = "3"
answer = heavy.VALUE
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Make a package of which nothing is imported: `light`, and `heavy`, which its `__init__` alone asks for."""
    folder = tmp_path / "waiting_package"
    folder.mkdir()
    (folder / "__init__.py").write_text(INIT)
    (folder / "light.py").write_text("VALUE = 1\n")
    (folder / "heavy.py").write_text("VALUE = 2\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield folder.name
    for name in [name for name in sys.modules if name.startswith(folder.name)]:
        del sys.modules[name]


def is_loaded(name: str) -> bool:
    return name in sys.modules


def test_a_module_comes_without_its_package(package: str) -> None:
    with deferred({package: ()}):
        light = importlib.import_module(f"{package}.light")
    assert light.VALUE == 1
    assert not is_loaded(f"{package}.heavy")


@pytest.mark.parametrize(("name", "value"), [("answer", 2), ("__version__", "3"), ("__all__", ["answer"])])
def test_the_rest_comes_when_it_is_asked_for(package: str, name: str, value: object) -> None:
    with deferred({package: ()}):
        found = importlib.import_module(package)
    assert getattr(found, name) == value
    assert is_loaded(f"{package}.heavy")
    assert found is sys.modules[package]
    assert "__getattr__" not in vars(found)


def test_everything_can_be_imported_of_it(package: str) -> None:
    with deferred({package: ()}):
        importlib.import_module(package)
    names: dict[str, object] = {}
    exec(f"from {package} import *", names)
    assert names["answer"] == 2


def test_a_module_of_it_is_no_reason_to_load_the_rest(package: str) -> None:
    with deferred({package: ()}):
        found = importlib.import_module(package)
    assert found.light.VALUE == 1
    assert not is_loaded(f"{package}.heavy")


@pytest.mark.parametrize("name", ["__wrapped__", "__file_cache__"])
def test_what_looks_through_all_modules_loads_nothing(package: str, name: str) -> None:
    with deferred({package: ()}):
        found = importlib.import_module(package)
    assert not hasattr(found, name)
    assert not is_loaded(f"{package}.heavy")


def test_what_is_not_there_is_an_error_as_always(package: str) -> None:
    with deferred({package: ()}):
        found = importlib.import_module(package)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = found.nothing
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = found.nothing


def test_modules_in_the_place_of_the_init(package: str) -> None:
    with deferred({package: ("light",)}):
        importlib.import_module(package)
    assert is_loaded(f"{package}.light")
    assert not is_loaded(f"{package}.heavy")


def test_threads_that_ask_at_once_get_the_same(package: str) -> None:
    with deferred({package: ()}):
        found = importlib.import_module(package)
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(found.answer)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [2] * 8


def test_its_files_are_found_by_its_own_loader(package: str) -> None:
    with deferred({package: ()}):
        found = importlib.import_module(package)
    assert found.__spec__ is not None
    assert found.__spec__.loader is found.__loader__
    assert importlib.resources.files(package).joinpath("light.py").is_file()


def test_what_is_absent_is_not_installed(package: str) -> None:
    with absent(package), pytest.raises(ModuleNotFoundError, match=package) as told:
        importlib.import_module(f"{package}.light")
    assert told.value.name == package
    assert importlib.import_module(f"{package}.light").VALUE == 1


def test_a_name_that_begins_the_same_is_another_one(package: str) -> None:
    with absent(package[:-1]):
        assert importlib.import_module(package).answer == 2


def test_what_is_loaded_stays_as_it_is(package: str) -> None:
    loaded = importlib.import_module(package)
    with absent(package), deferred({package: ()}):
        assert importlib.import_module(package) is loaded
    assert loaded.answer == 2


def test_the_finders_are_gone_behind_the_block(package: str) -> None:
    before = list(sys.meta_path)
    with pytest.raises(RuntimeError), absent(package), deferred({package: ()}):
        raise RuntimeError
    assert sys.meta_path == before
