"""Files that stages are made of, models and tokenizers: named so that every machine finds its own copy.

    at_hand("gs://bucket/edu.bin")                      a copy on this machine, fetched once
    address(".../site-packages/configs/models/m.ftz")   "package:babelmill.configs/models/m.ftz"
    located("package:babelmill.configs/models/m.ftz")             the path on the machine that asks

A graph that is built on one machine and runs on another may hold no path of the first.
"""

import dataclasses
import hashlib
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from babelmill.transforms.errors import WorldError
from babelmill.transforms.files.storage import creating, find, is_local, look, open_file
from babelmill.transforms.fingerprint import fingerprint
from babelmill.transforms.kernels.cache import cache_folder

__all__ = ["address", "at_hand", "check_files", "located", "moved"]

_PACKAGE = "package:"
_Part = TypeVar("_Part")
_fetched: dict[str, str] = {}
"""A copy's path → where it came from."""


def at_hand(path: str) -> str:
    """Return the path itself, or of a remote file the path of a copy in the cache, which the user's processes share.

    Raises:
        WorldError: if a remote file is missing or cannot be read.
    """
    if is_local(path):
        return path
    found = find(path)
    if len(found) != 1:
        raise WorldError(f"cannot read {path}: no such file")
    version = hashlib.sha256(repr(found[0]).encode()).hexdigest()[:16]
    copy = str(cache_folder("fetched") / version / os.path.basename(path))
    kept = look(copy)
    if kept is None or kept.size != found[0].size:
        with open_file(path) as source, creating(copy) as target:
            while block := source.read(1 << 24):
                target.write(block)
        if os.path.getsize(copy) != found[0].size:
            raise WorldError(f"cannot read {path}: {os.path.getsize(copy)} bytes came of {found[0].size}")
    _fetched[copy] = path
    return copy


def address(path: str) -> str:
    """Return where any machine finds a local file: in an installed package, or in the store that it came from.

    A file that is nowhere else keeps its path.
    """
    if path in _fetched:
        return _fetched[path]
    file = Path(path).resolve()
    if not file.is_file():
        return path
    for folder in filter(lambda folder: folder.name.isidentifier(), file.parents):
        for package in (folder.name, f"babelmill.{folder.name}"):
            if folder in _folders(package):
                return f"{_PACKAGE}{package}/{file.relative_to(folder).as_posix()}"
    return path


def _folders(package: str) -> list[Path]:
    """Return where an installed package lies; nowhere if there is none."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return []
    return [Path(folder).resolve() for folder in (spec.submodule_search_locations or ())] if spec else []


def located(name: str) -> str:
    """Return the path of an addressed file on this machine; any other text as it is.

    Raises:
        WorldError: if the package is not installed here, or the file cannot be fetched.
    """
    if name.startswith(_PACKAGE):
        package, _, inside = name.removeprefix(_PACKAGE).partition("/")
        for folder in _folders(package):
            if (folder / inside).is_file():
                return str(folder / inside)
        raise WorldError(f"cannot read {inside} of the package {package}: it is not installed on this machine")
    return name if is_local(name) else at_hand(name)


def moved(part: _Part, move: Callable[[str], str]) -> _Part:
    """Return a stage, or whatever it is made of, with `move` applied to its texts that name files.

    Looks into dataclasses and plain tuples: there a file is a text with a slash.
    """
    return _moved(part, move)  # type: ignore[no-any-return]


def check_files(part: object, planned: str) -> None:
    """Check, once a stage has loaded its files on this machine, that they are those that the run was planned with.

    Args:
        part: a stage, or several, as `moved` returned it.
        planned: its fingerprint when the run was planned.

    Raises:
        WorldError: if one of its files was replaced since.
    """
    if fingerprint(part) != planned:
        names: list[str] = []
        moved(part, lambda name: names.append(name) or name)  # type: ignore[func-returns-value]
        raise WorldError(f"changed since the plan, run again: {' or '.join(filter(os.path.exists, names))}")


def _moved(part: Any, move: Callable[[str], str]) -> Any:
    if isinstance(part, str):
        return move(part) if "/" in part else part
    if type(part) is tuple:
        return tuple(_moved(inner, move) for inner in part)
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        old = {field.name: getattr(part, field.name) for field in dataclasses.fields(part) if field.init}
        new = {name: _moved(value, move) for name, value in old.items()}
        return dataclasses.replace(part, **new) if any(new[name] is not old[name] for name in old) else part
    return part
