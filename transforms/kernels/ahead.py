"""Ahead: compile the kernels of a job before it begins, in several processes, once for a version of the code.

    python -m babelmill.transforms.kernels.ahead FOLDER    another process's part; it prints each kernel that is done

Each process takes rooms of the library, for the kernels of one share parts; who makes a room's file in FOLDER has it.
The cache is where the processes meet. What the list does not name is compiled when it is called, as ever.
"""

import contextlib
import hashlib
import importlib
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

import llvmlite.binding as llvm
from numba import types
from numba.core.errors import NumbaError

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.storage import write_bytes
from babelmill.transforms.kernels.cache import cache_folder
from babelmill.transforms.kernels.code_cache import MADE_BY
from babelmill.transforms.kernels.compile import Kernel, kernel_folder
from babelmill.transforms.kernels.listed import LISTED

__all__ = ["LIBRARY", "Listed", "compile_ahead", "described", "is_compiled", "listed", "types_of"]

LIBRARY = "babelmill.transforms."
_ROOMS = ("language", "tokens", "text", "dedup", "quality", "pii", "read", "kernels")
"""In the order in which they are taken, the slow ones first."""

_MODULE = f"{LIBRARY}kernels.ahead"
_LOOK_EVERY_S = 0.2

_TOKEN = re.compile(r"[^\s()]+|[()]")


def described(found: types.Type) -> str:
    """Return a type of numba's as the list has it.

    `uint64`; `uint8:1C` for an array of one dimension in C's order, `uint8:1Cr` for one that cannot be written to;
    `tokens.bpe.trie:Trie(uint8:1C int32:2C int32:1C)` for a named tuple.
    """
    if isinstance(found, types.Array):
        return f"{found.dtype}:{found.ndim}{found.layout}{'' if found.mutable else 'r'}"
    if isinstance(found, types.BaseNamedTuple):
        kind = found.instance_class
        parts = " ".join(map(described, found.types))
        return f"{kind.__module__.removeprefix(LIBRARY)}:{kind.__qualname__}({parts})"
    return str(found)


class Listed(NamedTuple):
    """A kernel of the list: `module:function`, below the library, and what `types_of` reads the types from."""

    name: str
    arguments: tuple[str, ...]


@cache
def listed() -> tuple[Listed, ...]:
    """Return the kernels that a job calls."""
    found: list[Listed] = []
    name, tokens, depth = "", list[str](), 0
    for token in _TOKEN.findall(LISTED):
        depth += (token == "(") - (token == ")")
        if depth == 0 and token == ")":
            found.append(Listed(name, tuple(tokens[1:])))
            name, tokens = "", []
        elif name:
            tokens.append(token)
        else:
            name = token
    return tuple(found)


def types_of(tokens: Iterator[str]) -> tuple[types.Type, ...]:
    """Return the types that some tokens of the list tell, up to a closing bracket or their end."""
    found: list[types.Type] = []
    for token in tokens:
        if token == ")":
            break
        if token == "(":
            found[-1] = types.NamedTuple(types_of(tokens), found[-1])
        else:
            found.append(_type(token))
    return tuple(found)


def _type(told: str) -> Any:
    """Return the type of one token: of a named tuple its class."""
    first, _, rest = told.partition(":")
    if not rest:
        return types.boolean if first == "bool" else getattr(types, first)
    if not rest[0].isdigit():
        return getattr(importlib.import_module(LIBRARY + first), rest)
    return types.Array(_type(first), int(rest[0]), rest[1], readonly=rest.endswith("r"))


def _marker() -> Path:
    """Return the file that says that this version's kernels are in the cache."""
    folders = sorted({kernel_folder(LIBRARY + name.partition(":")[0]).name for name, _ in listed()})
    made_from = f"{MADE_BY} {llvm.get_host_cpu_name()} {folders} {LISTED}"
    return cache_folder("kernels") / f"{hashlib.sha256(made_from.encode()).hexdigest()[:16]}.complete"


def is_compiled() -> bool:
    """Say whether all that the list names is in the cache."""
    return _marker().exists()


def _own_part(folder: str) -> Iterator[str]:
    """Compile rooms that no other process has taken; yield the name of each kernel that is done."""
    for room in _ROOMS:
        try:
            os.close(os.open(os.path.join(folder, room), os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            continue
        for name, arguments in listed():
            if name.split(".")[0] == room:
                _compile(name, arguments)
                yield name


def _compile(name: str, arguments: tuple[str, ...]) -> None:
    module, _, function = name.partition(":")
    # A list that is behind the code costs time, and nothing else: a call compiles what it needs.
    with contextlib.suppress(NumbaError, ImportError, AttributeError, TypeError):
        compiled: Kernel = getattr(importlib.import_module(LIBRARY + module), function)
        signature = types_of(iter(arguments))
        if not compiled.on_disk(signature):
            compiled.compile(signature)


def compile_ahead(processes: int) -> Iterator[str]:
    """Compile the listed kernels in this process and some others; yield the name of each that is done.

    Args:
        processes: how many, this one among them.
    """
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        others = [stack.enter_context(_other(folder)) for _ in range(processes - 1)]
        for other in others:
            stack.callback(other.kill)  # where this process fails or is interrupted
        told: SimpleQueue[str] = SimpleQueue()
        ears = [threading.Thread(target=_listen, args=(other, told), daemon=True) for other in others]
        for ear in ears:
            ear.start()
        done = 0
        for name in _own_part(folder):
            told.put(name)
            while not told.empty():
                done += 1
                yield told.get()
        for name in iter(partial(_next, told, ears), ""):
            done += 1
            yield name
        whole = done == len(listed()) and not any(other.wait() for other in others)
    if whole:
        with contextlib.suppress(WorldError):
            write_bytes(str(_marker()), b"")


def _other(folder: str) -> "subprocess.Popen[str]":
    """Start another process; what goes wrong in it is told by the call that then has to compile."""
    command = [sys.executable, "-P", "-m", _MODULE, folder]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def _listen(process: "subprocess.Popen[str]", told: "SimpleQueue[str]") -> None:
    for line in process.stdout or ():
        told.put(line.rstrip("\n"))


def _next(told: "SimpleQueue[str]", ears: list[threading.Thread]) -> str:
    """Return what another process has done next; nothing once all have ended."""
    while True:
        alive = any(ear.is_alive() for ear in ears)
        with contextlib.suppress(Empty):
            return told.get(timeout=_LOOK_EVERY_S if alive else 0)
        if not alive:
            return ""


def main(arguments: list[str]) -> None:
    """Compile what is left in a folder of rooms."""
    for name in _own_part(*arguments):
        print(name, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
