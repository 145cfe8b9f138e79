"""Messages and documents are plain English of the field: none of the phrases that readers stumbled over."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = sorted([*(ROOT / "pipeline").rglob("*.py"), *(ROOT / "transforms").rglob("*.py")])
DOCUMENTS = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "docker/README.md", "configs/recipes/README.md"]
PHRASES = [
    r"(corpus|report) lies in", r"look at it:", r"it is no more\b", r"\bis no run\b", r"\bis not right\b",
    r"stand several times", r"is no part of the run", r"tokens had, wanted, missing", r"and fall there",
    r"why it falls",
    r"own bytes do not give", r"given to look at", r"half of them under", r"if known better than", r"\blikewise\b",
    r"\banew\b", r"\bat the most\b",
]  # fmt: skip
"""Regular expressions; the left column of the survey's table of what says what."""


def messages(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the strings of a module that are no docstrings, with their lines."""
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.value) for parent in ast.walk(tree) for node in ast.iter_child_nodes(parent)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def found_in(text: str) -> list[str]:
    return [phrase for phrase in PHRASES if re.search(phrase, text, re.IGNORECASE)]


def test_the_search_finds_something() -> None:
    assert found_in("The corpus lies in out/x; look at it: out/x/report.html") == PHRASES[:2]
    assert list(messages(Path(__file__)))


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_messages(path: Path) -> None:
    assert not [(line, found) for line, text in messages(path) if (found := found_in(text))]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents(name: str) -> None:
    lines = enumerate((ROOT / name).read_text().splitlines(), 1)
    assert not [(number, found) for number, line in lines if (found := found_in(line))]
