"""The house's one direction of imports: rooms on floors, no arrow up, no circle, and nothing but our own arrows."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STAGES = {"read", "pii", "language", "quality", "dedup", "tokens", "write"}
"""Rooms of the library for one stage each: siblings, which never import each other."""
LIBRARY = [
    {"secrets", "languages", "costs", "source_closure", "heartbeat", "imports"},
    {"errors"},
    {"files"},
    {"kernels", "fingerprint", "work", "input_order"},
    {"text", "models", "statistics", "documents", "ledger"},
    {"stages", "combine", "messages", "unknown"},
    {"warm", "own_steps", *STAGES},
]
"""Floors of transforms, from the ground up: folders, and files at its root."""
APPLICATION = [
    {"formatting"},
    {"config"},
    {"budget"},
    {"corpus"},
    {"job"},
    {"runners", "explain", "tokenizer"},
    {"dataflow"},
    {"show.terminal"},
    {"show.html"},
    {"interface", "beam"},
    {"commands"},
    {"cli"},
    {"api"},
]
"""Floors of pipeline: the graph is in `job`, and nothing that shows a run is below it."""
FLOOR = {
    **{f"transforms.{room}": floor for floor, rooms in enumerate(LIBRARY) for room in rooms},
    **{f"pipeline.{room}": 100 + floor for floor, rooms in enumerate(APPLICATION) for room in rooms},
}
MAY_IMPORT_BEAM = {"combine", "files", "dedup", "write"}
"""Rooms of the library that may: reading a run needs none of it."""
MODULES = sorted([*(ROOT / "transforms").rglob("*.py"), *(ROOT / "pipeline").rglob("*.py")])
BY_NAME = {".".join(("babelmill", *path.relative_to(ROOT).with_suffix("").parts)): path for path in MODULES}


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, wherever in it; of what a package gives, each may be a module."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (names & BY_NAME.keys()) or {node.module}
    return found


def room(module: str) -> str:
    """Return the room of one of our modules: `pipeline.show.html`, `transforms.read`, `transforms.errors`."""
    _, package, *parts = module.split(".")
    if not parts or parts == ["__init__"]:
        return package
    return f"{package}.{'.'.join(parts[:2]) if parts[0] == 'show' and len(parts) > 2 else parts[0]}"


def ours(path: Path) -> set[str]:
    return {name for name in imported(path) if name.split(".")[0] == "babelmill"}


@pytest.mark.parametrize("name", BY_NAME)
def test_arrows_run_down(name: str) -> None:
    here, path = room(name), BY_NAME[name]
    for other in ours(path):
        there = room(other)
        if there in (here, "pipeline", "transforms", "configs"):
            continue
        assert FLOOR[there] < FLOOR[here], f"{name} imports {other}: {there} is not below {here}"
    if here.startswith("transforms.") and any(name.startswith("apache_beam") for name in imported(path)):
        assert here.removeprefix("transforms.") in MAY_IMPORT_BEAM


def test_no_circle() -> None:
    graph = {name: {other for other in ours(path) if other in BY_NAME} - {name} for name, path in BY_NAME.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' → '.join(error.args[1])}")


def test_every_room_has_its_floor() -> None:
    rooms = {room(name) for name in BY_NAME} - {"pipeline", "transforms", "pipeline.show"}
    assert rooms == FLOOR.keys()


def test_no_module_goes_by_another_name() -> None:
    for path in [*MODULES, *(ROOT / "tests").rglob("*.py")]:
        other = {name for name in imported(path) if name.split(".")[0] in ("pipeline", "transforms", "configs")}
        assert not other, f"{path}: {other}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_small_and_say_what_they_are(path: Path) -> None:
    source = path.read_text()
    assert len(source.splitlines()) < 300
    assert ast.get_docstring(ast.parse(source))
