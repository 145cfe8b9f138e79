"""Tests mirror the code: a module has a test file of its name, tests of its room import it, or its room is listed."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    path.relative_to(ROOT)
    for package in ("pipeline", "transforms")
    for path in (ROOT / package).rglob("*.py")
    if path.stem not in ("__init__", "__main__")
)
LISTED = {
    "pipeline/api": "tests/pipeline/interface/test_api.py",
    "pipeline/beam": "tests/pipeline/beam/test_steps.py",
    "pipeline/commands": "tests/pipeline/test_cli.py",
    "pipeline/config": "tests/pipeline/config/test_loader.py",
    "pipeline/corpus": "tests/pipeline/test_inspect.py",
    "pipeline/dataflow": "tests/pipeline/dataflow/test_submit.py",
    "pipeline/explain": "tests/pipeline/explain/test_outcomes.py",
    "pipeline/job": "tests/pipeline/job/test_graph.py",
    "pipeline/runners": "tests/pipeline/runners/test_processes.py",
    "pipeline/show/html": "tests/pipeline/show/html/test_page.py",
    "pipeline/show/terminal": "tests/pipeline/test_inspect.py",
    "transforms": "tests/pipeline/job/test_graph.py",
    "transforms/files": "tests/transforms/files/test_storage.py",
    "transforms/language": "tests/transforms/language/test_identify.py",
    "transforms/pii": "tests/transforms/pii/test_mask.py",
    "transforms/quality": "tests/transforms/quality/test_signals.py",
    "transforms/read": "tests/transforms/read/test_parquet.py",
    "transforms/text": "tests/transforms/text/test_layout.py",
    "transforms/tokens/bpe": "tests/transforms/tokens/bpe/test_fast.py",
    "transforms/write": "tests/transforms/write/test_manifest.py",
}
"""Rooms with modules that have neither: they are reached through the room's own functions, by this test."""


def imports(text: str, module: Path) -> bool:
    """Say whether a test's text imports a module, or names of it."""
    package, name = ".".join(("babelmill", *module.parent.parts)), module.stem
    direct = rf"from {re.escape(package)}\.{name} import|import {re.escape(package)}\.{name}\b"
    of_room = rf"from {re.escape(package)} import \(?[^)\n]*\b{name}\b"
    return bool(re.search(f"{direct}|{of_room}", text))


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_is_tested(module: Path) -> None:
    folder = ROOT / "tests" / module.parent
    near = [*folder.glob("*.py"), *folder.parent.glob("test_*.py")]
    has_own = (folder / f"test_{module.name}").exists() or any(imports(path.read_text(), module) for path in near)
    assert has_own or str(module.parent) in LISTED, f"no test of {module}"


@pytest.mark.parametrize("room", LISTED)
def test_what_is_listed_exists(room: str) -> None:
    assert (ROOT / room).is_dir()
    assert (ROOT / LISTED[room]).exists()
