"""ARCHITECTURE.md is the true map: it names every room and every module, and no file that is not there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted([*(ROOT / "transforms").rglob("*.py"), *(ROOT / "pipeline").rglob("*.py")])
DOCUMENTS = ("ARCHITECTURE.md", "SECURITY.md", "README.md", "docker/README.md")
HOUSE = (ROOT / "ARCHITECTURE.md").read_text().partition("## The house")[2].partition("```\n")[2].partition("```")[0]
NOT_NAMED = {"__init__", "__main__"}


def of_room(folder: Path) -> str:
    """Return what the map says from a room's name on to the next package's."""
    name = folder.name if folder.parent != ROOT else folder.relative_to(ROOT).as_posix()
    package = HOUSE.partition("pipeline/ ")
    part = package[0] if "transforms" in folder.parts else package[2]
    return part.partition(f"{name}/")[2] if folder.parent != ROOT else part


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_map_names_every_module(path: Path) -> None:
    if path.stem in NOT_NAMED or path.is_relative_to(ROOT / "pipeline" / "show"):
        return
    if path.is_relative_to(ROOT / "pipeline" / "commands"):
        return
    assert re.search(rf"\b{path.stem}\b", of_room(path.parent)), f"{path.relative_to(ROOT)} is not on the map"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_document_names_a_file_that_is_not_there(name: str) -> None:
    files = [path.relative_to(ROOT).as_posix() for path in [*MODULES, *(ROOT / "tests").rglob("*.py")]]
    named = set(re.findall(r"[\w/]+\.py\b", (ROOT / name).read_text()))
    missing = {found for found in named if not any(file == found or file.endswith(f"/{found}") for file in files)}
    assert not missing
