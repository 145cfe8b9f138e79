"""The run log: `work/run.log`, a line of JSON for each run into an output, however it ended.

It is measured and of one machine, so no two runs have the same, and nothing that is compared or verified has it. Text
of documents is never in it.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, field, replace
from typing import Annotated, Literal

import orjson
from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass

from babelmill.transforms.files.bounded_json import parse_json
from babelmill.transforms.files.storage import exists, read_bytes, write_bytes
from babelmill.transforms.work import WorkFolder
from babelmill.transforms.write.listed import Text

__all__ = ["Ending", "Entry", "read_log", "write_log"]

Ending = Literal["running", "finished", "failed", "interrupted", "killed"]
_ENTRIES = 1_000
"""That are kept, the last ones."""
_ENTRY_BYTES = 1 << 14
_LOG_BYTES = _ENTRIES * _ENTRY_BYTES
_Count = Annotated[int, Field(ge=0)]
_Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One run.

    Args:
        started: UTC, ISO 8601 to the second.
        ended: the same; empty while it runs, and of one that was killed.
        how: it ended. `killed`: it never said how, and another one began.
        error: what it failed of, without what came from documents; empty otherwise.
        seconds: it took.
        command: the command line without secrets; empty for one that Python code began.
        host: name of the machine of the launcher.
        system: of that machine.
        processors: that it has.
        runner: `local`, or the name of Beam's.
        workers: local processes.
        versions: of babelmill, code, python and the libraries that decide results.
        items: work items of the input.
        screened: of these, by this run.
        reused: of these, finished by earlier runs.
        shards: written by this run.
        shards_reused: that an earlier run had written.
        records: documents read, reused items' among them.
        text_bytes: of these.
        cpu_s: CPU seconds of the processes, `launcher` and `workers`, starting and compiling included.
        stage_cpu_s: stage → CPU seconds that this run spent in it; what was reused took none.
        peak_bytes: the most memory that the `launcher` took, the largest `worker` where it has any, and all `workers`
            together if each took its most at once.
    """

    started: Text
    ended: Text = ""
    how: Ending = "running"
    error: Text = ""
    seconds: _Amount = 0.0
    command: Text = ""
    host: Text = ""
    system: Text = ""
    processors: _Count = 0
    runner: Text = ""
    workers: _Count = 0
    versions: Mapping[Text, Text] = field(default_factory=dict)
    items: _Count = 0
    screened: _Count = 0
    reused: _Count = 0
    shards: _Count = 0
    shards_reused: _Count = 0
    records: _Count = 0
    text_bytes: _Count = 0
    cpu_s: Mapping[Text, _Amount] = field(default_factory=dict)
    stage_cpu_s: Mapping[Text, _Amount] = field(default_factory=dict)
    peak_bytes: Mapping[Text, _Count] = field(default_factory=dict)


_ENTRY = TypeAdapter(Entry)


def read_log(output: str) -> list[Entry]:
    """Return the runs into an output, the first one first; lines that are no entry are passed over.

    Raises:
        WorldError: if the log cannot be read.
    """
    path = WorkFolder(output).log
    found = []
    for line in read_bytes(path, _LOG_BYTES).splitlines() if exists(path) else ():
        with contextlib.suppress(ValueError):
            found.append(_ENTRY.validate_python(parse_json(line, _ENTRY_BYTES)))
    return found


def write_log(output: str, before: Sequence[Entry], entry: Entry) -> None:
    """Write the log with one more entry; the output's lock is held, so what still runs among those before was killed.

    Args:
        output: the folder.
        before: the earlier runs.
        entry: this run's, as far as it is known.

    Raises:
        WorldError: if it cannot be written.
    """
    earlier = (replace(one, how="killed") if one.how == "running" else one for one in before[1 - _ENTRIES :])
    write_bytes(WorkFolder(output).log, b"".join(orjson.dumps(asdict(one)) + b"\n" for one in (*earlier, entry)))
