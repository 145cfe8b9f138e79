"""The examples run, as scripts; the notebook too, cell by cell in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SAYS = {
    "identify_language": ["1 en None", "2 zh Hans", "3 da None", "4 text/missing"],
    "mask_pii": ["1 Write to <EMAIL> or call <PHONE>.", "0 Version 1.2.3 of 2024-05-06 has no such data."],
    "measure_quality": ["prose [15, 2, 0.0, 0.0]", "list [4, 0, 1.0, 0.25]"],
    "judge_quality": [
        "keep story",
        "drop menu language/undetermined",
        "drop short quality/too_few_words",
        "drop russian language/not_wanted",
    ],
    "deduplicate": [
        "keep edited",
        "keep other",
        "drop tale duplicate/near of edited",
        "drop again duplicate/near of edited",
    ],
    "tokenize_documents": ["['id', 'text', 'n_tokens', 'tokens'] [4, 4]"],
}
SCRIPTS = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in ("__init__", Path(__file__).stem))
RUN_CELLS = """
import json, os, sys
# Where a notebook server would run it.
os.chdir(os.path.dirname(sys.argv[1]))
for number, cell in enumerate(json.load(open(sys.argv[1], encoding="utf-8"))["cells"]):
    if cell["cell_type"] == "code":
        exec(compile("".join(cell["source"]), f"cell {number}", "exec"), globals())
"""


def told(*command: str) -> list[str]:
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_each_is_known() -> None:
    assert SCRIPTS == sorted(SAYS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script(name: str) -> None:
    # Beam's own default would look for an engine to download first.
    assert sorted(told(str(HERE / f"{name}.py"), "--runner=FnApiRunner")) == sorted(SAYS[name])


@pytest.fixture(scope="module")
def notebook() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / "babelmill.ipynb").read_text(encoding="utf-8"))
    return found


def test_the_notebook_is_kept_without_outputs(notebook: dict[str, Any]) -> None:
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 4)
    for cell in notebook["cells"]:
        assert cell.keys() == {"cell_type", "metadata", "source"} | (
            {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        )
        assert not cell.get("outputs")


def test_the_notebook_runs() -> None:
    said = told("-c", RUN_CELLS, str(HERE / "babelmill.ipynb"))
    [pairs] = [line.split() for line in said if " of " in line and line[0].isdigit()]
    assert 0 < int(pairs[0]) < int(pairs[2])
    assert any(line.split()[1:] == ["write", "kept"] for line in said)
