"""The house's one direction of imports, and nothing but its own arrows."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STAGES = {"read", "personal", "language", "quality", "dedup", "tokens", "write"}
BELOW = set(
    "bounded_json cache carried costs documents errors fasttext_file fingerprint globs kept languages ledger parquet "
    "places removal row_groups secrets stages statistics storage temporaries text warm work".split()
)
MAY_IMPORT_BEAM = {"sums", "remote", "dedup", "write"}

MODULES = sorted([*(ROOT / "transforms").rglob("*.py"), *(ROOT / "pipeline").rglob("*.py")])


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_arrows(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    ours = {name for name in imported(path) if name.split(".")[0] in ("transforms", "pipeline", "configs")}
    if parts[0] == "pipeline":
        return
    assert not [name for name in ours if name.startswith(("pipeline", "configs"))]
    here = parts[1]
    rooms = {room(name) for name in ours} - {here, ""}
    if here in STAGES:
        assert rooms <= BELOW, f"{here} imports a sibling: {rooms - BELOW}"
    else:
        assert not rooms & STAGES, f"{here} imports upwards: {rooms & STAGES}"
    if any(name.startswith("apache_beam") for name in imported(path)):
        assert here in MAY_IMPORT_BEAM


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_small_and_say_what_they_are(path: Path) -> None:
    source = path.read_text()
    assert len(source.splitlines()) < 300
    assert ast.get_docstring(ast.parse(source))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_exports_exist(path: Path) -> None:
    tree = ast.parse(path.read_text())
    exports = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
    ]
    defined = {getattr(node, "name", "") for node in tree.body}
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            names = [leaf for leaf in ast.walk(node) if isinstance(leaf, ast.Name) and isinstance(leaf.ctx, ast.Store)]
            defined |= {leaf.id for leaf in names}
    for exported in exports:
        assert not set(exported) - defined
        assert len(set(exported)) == len(exported)
