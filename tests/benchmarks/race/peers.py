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
    """One of the tools.

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
    """Who is not in the table, or not with all stages, and why: it is named there."""

    who: str
    why: str


class Result(NamedTuple):
    """A stage, as one of the tools does it."""

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


def run(who: str, command: Sequence[str], own: bool = True) -> tuple[list[Result], list[Failed]]:
    """Run a script on one thread; return what it reports, and that it stopped if it did.

    Args:
        who: its name in the table.
        command: with its arguments.
        own: whether it has an environment of its own: of ours it is to see nothing then.
    """
    env = {**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
    if own:
        env.pop("PYTHONPATH", None)
    found = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    stopped = [Failed(who, f"stopped before its end: {_last_line(found.stderr)}")] if found.returncode else []
    return results_of(who, found.stdout), stopped


def results_of(who: str, printed: str) -> list[Result]:
    """Return what a script reported: its lines of JSON, between which a library may print what it likes."""
    rows = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    return [Result(who, row.pop("stage"), row.pop("setting"), row.pop("cpu_s"), row) for row in rows]


def _last_line(text: str) -> str:
    """Return what an error says at its end, without this machine's paths."""
    lines = [line for line in text.splitlines() if line.strip()] or ["without a word"]
    return lines[-1].replace(str(ROOT), ".").replace(str(Path.home()), "~")[:200]
