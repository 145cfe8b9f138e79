"""The maps are true: ARCHITECTURE.md and each room's README.md name every module, and no file that is not there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted([*(ROOT / "transforms").rglob("*.py"), *(ROOT / "pipeline").rglob("*.py")])
ROOMS = sorted({path.parent for path in MODULES} - {ROOT / "pipeline", ROOT / "transforms", ROOT / "pipeline" / "api"})
DOCUMENTS = ["ARCHITECTURE.md", "SECURITY.md", "README.md", "docker/README.md"]
DOCUMENTS += [f"{room.relative_to(ROOT)}/README.md" for room in ROOMS]
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


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_a_room_lists_its_files(room: Path) -> None:
    text = (room / "README.md").read_text()
    listed = re.findall(r"^- `(\w+\.py)`: \S", text.partition("\n## ")[0], re.MULTILINE)
    assert listed == sorted(path.name for path in room.glob("*.py") if path.name != "__init__.py")
    inner = re.findall(r"^- \[(\w+)/\]\(\1/README\.md\): \S", text, re.MULTILINE)
    assert inner == sorted(path.parent.name for path in room.glob("*/__init__.py"))
    assert f"({room.relative_to(ROOT)}/README.md)" in (ROOT / "ARCHITECTURE.md").read_text()
