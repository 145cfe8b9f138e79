"""Files with hostile names, and what looks like a file."""

import os
from pathlib import Path

__all__ = ["NAMES", "make_names"]

NAMES = {
    "new\nline.jsonl": {},
    "\x1b[31mred.jsonl": {},
    "\u202egnp.jsonl": {},
    "=1+1.jsonl": {},
    "<b>bold.jsonl": {},
    "[a-z]*.jsonl": {},
    "#17.jsonl": {},
    "..jsonl": {},
    "n" * 249 + ".jsonl": {},
    "a.jsonl?X-Goog-Signature=***": {"read/secret_in_name": 1},
    "\\xff.jsonl": {"read/name_not_utf8": 1},
    "self.jsonl": {"read/not_a_file": 1},
    "ring_a.jsonl": {"read/not_a_file": 1},
    "ring_b.jsonl": {"read/not_a_file": 1},
    "nowhere.jsonl": {"read/not_a_file": 1},
    "pipe.jsonl": {"read/not_a_file": 1},
    "zero.jsonl": {"read/not_a_file": 1},
    "folder.jsonl": {},
}
"""A name as the quarantine tells it → reason → rows. What has none holds one good record, or is a folder."""


def make_names(folder: Path) -> None:
    """Write the files, links, pipes and rings of folders."""
    for name, reasons in NAMES.items():
        if not reasons and name != "folder.jsonl":
            (folder / name).write_bytes(b'{"text": "a good record"}\n')
    for name, target in (
        ("self.jsonl", "self.jsonl"), ("ring_a.jsonl", "ring_b.jsonl"), ("ring_b.jsonl", "ring_a.jsonl"),
        ("nowhere.jsonl", "nowhere/at/all"), ("zero.jsonl", "/dev/zero"),
    ):  # fmt: skip
        (folder / name).symlink_to(target if target.startswith("/") else folder / target)
    (folder / "a.jsonl?X-Goog-Signature=0123456789abcdef").write_bytes(b"")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.jsonl")).write_bytes(b"")
    os.mkfifo(folder / "pipe.jsonl")
    inner = folder / "folder.jsonl"
    inner.mkdir()
    for ring in ("one", "two"):
        (inner / ring).symlink_to(folder)
