"""The worker image without a container engine: the steps of docker/Dockerfile, run in a clean virtual environment.

    python -m tests.replay_image

The base image's Python is a new environment; the folders /src, /wheel and /opt/babelmill are folders of a scratch
directory. What a step needs from outside is a package index. Ends with the start of a worker, in CPU seconds.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
FOLDERS = ("/src", "/wheel", "/opt/babelmill")

WORKER_START = """
import time; started = time.process_time()
import json, pickle, sys
from babelmill.pipeline.job import graph
from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.job.plan import make_plan
from babelmill.pipeline.config.profiles import packaged
from babelmill.pipeline.job.screen import Screen
from babelmill.transforms.write.shards import WriteShards
imported = time.process_time() - started
plan = make_plan(load_config(packaged("", "local.yaml"), ["output=gs://bucket/out"]), 10**9).portable
assert "site-packages" not in repr(plan.sent), plan
works = pickle.loads(pickle.dumps((Screen(graph._screen_recipe(plan)), WriteShards(graph._shard_recipe(plan)))))
started = time.process_time()
for work in works:
    work.setup()
    work._load()
print(json.dumps(imported + time.process_time() - started))
"""
"""What a worker process does before its first element: import, unpickle, find and load models, try the kernels."""


class Step(NamedTuple):
    """An instruction of a Dockerfile: its name, and the rest with continued lines joined."""

    name: str
    rest: str


def steps(dockerfile: Path) -> Iterator[Step]:
    """Yield the instructions, comments left out."""
    lines = [line for line in dockerfile.read_text().splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield Step(name, re.sub(r"\s+", " ", rest).strip())


def replay(scratch: Path) -> float:
    """Run the steps; return the CPU seconds of a worker's start."""
    venv.create(scratch / "venv", with_pip=True)
    bin = scratch / "venv" / "bin"
    environment = {**os.environ, "PATH": f"{bin}:{os.environ['PATH']}", "VIRTUAL_ENV": str(scratch / "venv")}
    environment |= {"PIP_QUIET": "1"}
    environment.pop("PYTHONPATH", None)
    for folder in FOLDERS:
        (scratch / folder.lstrip("/")).mkdir(parents=True)

    def here(text: str) -> str:
        for folder in FOLDERS:
            text = re.sub(rf"(?<![\w/]){re.escape(folder)}(?![\w-])", str(scratch / folder.lstrip("/")), text)
        return text

    place = scratch
    for step in steps(ROOT / "docker" / "Dockerfile"):
        match step.name:
            case "ENV":
                environment |= {key: here(value) for key, value in (pair.split("=", 1) for pair in step.rest.split())}
            case "WORKDIR":
                place = Path(here(step.rest))
            case "COPY" if not step.rest.startswith("--from"):
                *sources, target = step.rest.split()
                for source in sources:
                    _copy(ROOT / source, place / here(target), inside=target.endswith("/"))
            case "COPY":
                _, source, target = step.rest.split()
                _copy(Path(here(source)), Path(here(target)), inside=False)
            case "ARG":
                code = subprocess.run(["babelmill", "warm", "--code"], env=environment, capture_output=True, text=True)
                environment[step.rest] = code.stdout.strip()
            case "RUN":
                print(f"  {step.rest[:100]}", flush=True)
                subprocess.run(["bash", "-ec", here(step.rest)], cwd=place, env=environment, check=True)
    started = subprocess.run(
        ["python", "-c", WORKER_START], cwd=scratch, env=environment, check=True, capture_output=True, text=True
    )
    helped = subprocess.run(
        ["python", "-m", "babelmill.pipeline.dataflow.launch", "--help"],
        cwd=scratch,
        env=environment,
        capture_output=True,
    )
    assert b"--config" in helped.stdout, helped
    seconds: float = json.loads(started.stdout)
    return seconds


def _copy(source: Path, target: Path, inside: bool) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(source, target / source.name if inside else target)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        spent = replay(Path(folder))
    print(f"  a worker starts in {spent:.1f} s of CPU")
    sys.exit(spent >= 5)
