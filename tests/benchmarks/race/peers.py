"""Other people's tools, each in an environment of its own, and how their scripts are run."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["PEERS", "Failed", "Peer", "Result", "install", "results_of", "run"]

ROOT = Path(__file__).parents[3]
HERE = Path(__file__).parent
BUILD = ROOT / "build" / "race"
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(frozen=True)
class Peer:
    """One of the field.

    Args:
        name: of its script, environment and constraints.
        requirements: what pip is asked for; the versions are in `constraints/<name>.txt`. The first is the tool.
    """

    name: str
    requirements: tuple[str, ...]

    @property
    def constraints(self) -> Path:
        """Every version of its environment."""
        return HERE / "constraints" / f"{self.name}.txt"

    @property
    def version(self) -> str:
        """The tool and its version, as constrained."""
        tool = self.requirements[0].partition("[")[0]
        pinned = dict(line.split("==") for line in self.constraints.read_text().split())
        return f"{tool} {pinned[tool]}"


PEERS = (
    # Of its extra `multilingual` only what the six languages need: the rest brings PyTorch with it.
    Peer("datatrove", ("datatrove[io,processing]", "spacy", "jieba", "SudachiPy", "sudachidict-core")),
    Peer("daft", ("daft",)),
    Peer("dupekit", ("marin-dupekit", "pyarrow")),
    Peer("tokenizers", ("tokenizers",)),
)


class Failed(NamedTuple):
    """A peer that does not race, and why: it is named in the table."""

    who: str
    why: str


class Result(NamedTuple):
    """A stage of one of the field."""

    who: str
    stage: str
    setting: str
    cpu_s: dict[str, float]
    """Language → CPU seconds; `all` for a job."""
    told: dict[str, Any]
    """What quality is judged by: `labels`, `joined`, `ids`; of our job `start_s`, which is not in `cpu_s`."""


def install(peer: Peer) -> Path | Failed:
    """Return the Python of a peer's environment, made if it is not there as constrained."""
    folder = BUILD / peer.name
    python, done = folder / "bin" / "python", folder / "installed"
    wanted = hashlib.sha256(f"{peer.requirements} {peer.constraints.read_text()}".encode()).hexdigest()
    if done.exists() and done.read_text() == wanted:
        return python
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [*pip, "--constraint", str(peer.constraints), *peer.requirements],
    ):
        found = subprocess.run(command, capture_output=True, text=True)
        if found.returncode:
            return Failed(peer.version, f"not installed: {_last_line(found.stderr)}")
    done.write_text(wanted)
    return python


def run(who: str, command: Sequence[str], arguments: Sequence[str]) -> list[Result] | Failed:
    """Run a script on one thread, and return what it reports."""
    fixed = {**dict.fromkeys(_ONE_THREAD, "1"), "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
    found = subprocess.run(
        [*command, *arguments], cwd=ROOT, env={**os.environ, **fixed}, capture_output=True, text=True
    )
    if found.returncode:
        return Failed(who, f"stopped: {_last_line(found.stderr)}")
    return results_of(who, found.stdout)


def results_of(who: str, printed: str) -> list[Result]:
    """Return what a script reported: its lines of JSON, between which a library may print what it likes."""
    rows = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    return [Result(who, row.pop("stage"), row.pop("setting"), row.pop("cpu_s"), row) for row in rows]


def _last_line(text: str) -> str:
    """Return what an error says at its end, without this machine's paths."""
    lines = [line for line in text.splitlines() if line.strip()] or ["without a word"]
    return lines[-1].replace(str(ROOT), ".").replace(str(Path.home()), "~")[:200]
