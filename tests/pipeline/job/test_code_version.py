"""Whatever code a worker has in it decides the code's version: a changed file is never passed over."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from babelmill.pipeline.job.code_version import PACKAGES, ROOTS, code_version, environment
from babelmill.transforms.source_closure import digest_of_sources, sources
from tests.pipeline.runs import ROOT

RUN = """
import pickle, sys
from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.job.plan import make_plan
from babelmill.pipeline.job.graph import _screen_recipe, _shard_recipe, _terms
plan = make_plan(load_config("configs/sample.yaml"))
packed = pickle.dumps((_screen_recipe(plan), _shard_recipe(plan), _terms(plan)))
open(sys.argv[1], "wb").write(packed)
"""
WORK = """
import os, pickle, runpy, sys
import apache_beam.runners.worker.sdk_worker_main as harness
path = sys.argv[1]

def main(argv):
    from babelmill.transforms.documents import documents
    from babelmill.transforms.warm import warm_steps
    screen, shards, terms = pickle.load(open(path, "rb"))
    warm_steps(screen.steps, screen.sources[0].source)
    shards.tokenize(documents(["A"], source="", ids=[""], urls=[None], places=[0]))

harness.main = main
os.getppid = lambda: 0
sys.argv = ["worker", "0"]
runpy.run_module("babelmill.pipeline.runners.worker", run_name="__main__")
print("\\n".join(name for name in sys.modules if name.startswith(("babelmill.pipeline", "babelmill.transforms"))))
"""
"""A worker's own start, with work instead of Beam's harness."""


def test_every_module_of_a_worker_is_in_it(tmp_path: Path) -> None:
    packed = str(tmp_path / "recipes")
    subprocess.run([sys.executable, "-c", RUN, packed], cwd=ROOT, check=True)
    done = subprocess.run([sys.executable, "-c", WORK, packed], cwd=ROOT, check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert {
        "babelmill.pipeline.job.screen",
        "babelmill.transforms.files.storage",
        "babelmill.transforms.write.manifest",
    } <= loaded
    assert loaded - sources(PACKAGES, ROOTS).keys() == set()


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("code")
    return {name: Path(shutil.copytree(path, folder / name)) for name, path in PACKAGES.items()}


def test_a_change_of_any_module_of_a_worker_changes_it(copied: dict[str, Path]) -> None:
    found = sources(copied, ROOTS)
    before = digest_of_sources(found)
    assert before == code_version()
    assert len(found) > 150
    for path in found.values():
        content = path.read_bytes()
        path.write_bytes(content + b"\n# another\n")
        assert digest_of_sources(sources(copied, ROOTS)) != before, path
        path.write_bytes(content)
    assert digest_of_sources(sources(copied, ROOTS)) == before


def test_a_module_that_is_imported_anew_is_in_it(copied: dict[str, Path]) -> None:
    before = digest_of_sources(sources(copied, ROOTS))
    library = copied["babelmill.transforms"]
    (library / "fresh.py").write_text("X = 1\n")
    assert digest_of_sources(sources(copied, ROOTS)) == before
    hashing = library / "kernels" / "hashing.py"
    content = hashing.read_bytes()
    hashing.write_bytes(content + b"\nfrom babelmill.transforms import (\n    fresh,  # a table\n)\n")
    assert "babelmill.transforms.fresh" in sources(copied, ROOTS)
    hashing.write_bytes(content)
    (library / "fresh.py").unlink()


def test_what_no_worker_has_is_not_in_it() -> None:
    found = sources(PACKAGES, ROOTS).keys()
    others = [f"babelmill.pipeline.{room}" for room in ("commands", "show", "explain", "dataflow", "tokenizer")]
    assert not [name for name in found if name.startswith((*others, "babelmill.transforms.tokens.train"))]


def test_no_root_is_missing() -> None:
    assert set(ROOTS) <= sources(PACKAGES, ROOTS).keys()


def test_the_environment_names_what_shapes_text_ids_and_bytes() -> None:
    found = environment()
    assert {"python", "unicode", "py3langid", "pyarrow", "tokenizers"} <= found.keys()
    assert "unknown" not in found.values()
