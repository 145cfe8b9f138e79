"""Run every hostile input through the whole graph.

python -m tests.gauntlet.run FOLDER      prints the peak memory of a harmless run, and of one with them too
"""

import json
import resource
import subprocess
import sys
from pathlib import Path

from tests.gauntlet.large import make_large
from tests.gauntlet.names import make_names
from tests.gauntlet.small import FOLDER
from tests.gauntlet.texts import IDS, texts
from tests.pipeline.runs import run_sample

__all__ = ["make_inputs", "run_gauntlet"]

_GOOD = "tests/data/corpus/sv.jsonl.gz"


def make_inputs(folder: Path) -> None:
    """Write the inputs that are not in the repository into folders of their own."""
    for name, make in (("large", make_large), ("names", make_names)):
        (folder / name).mkdir()
        make(folder / name)
    (folder / "texts").mkdir()
    for name, text in texts().items():
        record = {"id": IDS.get(name, name), "text": text, "url": f"https://example.com/{IDS.get(name, name)[:200]}"}
        (folder / "texts" / f"{name}.jsonl").write_text(json.dumps(record), "utf-8", "surrogatepass")


def run_gauntlet(folder: Path, *settings: str) -> Path:
    """Run all inputs and some good documents, in one graph; return the output."""
    sources = [
        {"source": "small", "files": f"{FOLDER}/?_*", "format": "auto"},
        {"source": "texts", "files": f"{folder}/texts/*", "format": "jsonl"},
        {"source": "large", "files": f"{folder}/large/*", "format": "auto"},
        {"source": "names", "files": f"{folder}/names/**", "format": "jsonl"},
        {"source": "good", "files": _GOOD, "format": "auto"},
    ]
    return run_sample(folder / "out", f"input={json.dumps(sources)}", "max_rejected_ratio=1", *settings)


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


_MAKE = "import sys, pathlib, tests.gauntlet.run as run; run.make_inputs(pathlib.Path(sys.argv[1]))"

if __name__ == "__main__":
    place = Path(sys.argv[1])
    run_sample(place / "base", f"input=[{{source: good, files: {_GOOD}}}]")
    base = _peak_mb()
    # In a process of its own: what the inputs take to be made is not what they take to be read.
    subprocess.run([sys.executable, "-c", _MAKE, str(place)], check=True)
    run_gauntlet(place)
    print(json.dumps({"base_mb": base, "peak_mb": _peak_mb()}))
