"""Source closures: the files that a module is made of, followed from import to import through packages of ours.

sources({"babelmill.transforms": Path(...)}, ("babelmill.transforms.text.words",))    module → file

Not a list that somebody keeps: what is imported, wherever in a file, is found in its text.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

__all__ = ["digest_of_sources", "sources"]

_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(babelmill[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)|import[ \t]+(babelmill[\w.]*))",
    re.MULTILINE,
)
_NAME = re.compile(rb"[A-Za-z_]\w*")


def sources(packages: Mapping[str, Path], roots: Iterable[str]) -> dict[str, Path]:
    """Return module → its file, of every module that the roots import, themselves among them, by name.

    Args:
        packages: dotted name → folder; modules of no package are not followed.
        roots: modules.
    """
    found: dict[str, Path] = {}
    wanted = list(roots)
    while wanted:
        name = wanted.pop()
        path = None if name in found else _file(name, packages)
        if path is None:
            continue
        found[name] = path
        wanted += [name.rpartition(".")[0], *_look(path).imports]
    return dict(sorted(found.items()))


def digest_of_sources(found: Mapping[str, Path]) -> str:
    """Return the digest of some modules' names and sources, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for name, path in found.items():
        digest.update(name.encode() + b"\0" + _look(path).digest)
    return digest.hexdigest()[:16]


def _file(name: str, packages: Mapping[str, Path]) -> Path | None:
    top = next((package for package in packages if f"{name}.".startswith(f"{package}.")), None)
    if top is None:
        return None
    rest = name.removeprefix(top).removeprefix(".")
    base = packages[top].joinpath(*rest.split(".")) if rest else packages[top]
    places = (base.with_suffix(".py"), base / "__init__.py") if rest else (base / "__init__.py",)
    return next((place for place in places if place.is_file()), None)


class _Source(NamedTuple):
    """A file: the digest of its content, and the modules of ours that it imports."""

    digest: bytes
    imports: tuple[str, ...]


def _look(path: Path) -> _Source:
    found = path.stat()
    return _read(path, found.st_mtime_ns, found.st_size)


@lru_cache(4096)
def _read(path: Path, changed: int, size: int) -> _Source:
    """Read a file, once as long as it does not change; of what a package gives, each may be a module."""
    source = path.read_bytes()
    found: list[str] = []
    for base, names, whole in _IMPORT.findall(source):
        module = (base or whole).decode()
        found += [module, *(f"{module}.{name.decode()}" for name in _NAME.findall(names))]
    return _Source(hashlib.sha256(source).digest(), tuple(found))
