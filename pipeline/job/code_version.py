"""The version of the code: a digest of every source file that decides a result, and the libraries that do.

Which files these are is not a list that somebody keeps, but what the graph and the workers import, followed from file
to file through both packages. A page or a command may change without any work being done again.
"""

import hashlib
import platform
import re
import unicodedata
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import babelmill.pipeline
import babelmill.transforms

__all__ = ["code_version", "digest_of_sources", "environment", "sources"]

_ROOTS = ("babelmill.pipeline.job.graph", "babelmill.pipeline.runners.worker")
_PACKAGES = {found.__name__: Path(next(iter(found.__path__))) for found in (babelmill.pipeline, babelmill.transforms)}
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(babelmill[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)"
    rb"|import[ \t]+(babelmill[\w.]*))",
    re.MULTILINE,
)
_NAME = re.compile(rb"[A-Za-z_]\w*")
_LIBRARIES = ("fasttext-predict", "numba", "numpy", "orjson", "py3langid", "pyarrow", "tokenizers")
"""Those that shape text, ids or bytes."""


def sources(packages: dict[str, Path] = _PACKAGES, roots: tuple[str, ...] = _ROOTS) -> dict[str, Path]:
    """Return module → its file, of every module that the roots import, by name.

    Args:
        packages: name → folder.
        roots: modules.
    """
    found: dict[str, Path] = {}
    wanted = list(roots)
    while wanted:
        name = wanted.pop()
        path = _file(name, packages)
        if path is None or name in found:
            continue
        found[name] = path
        wanted += [name.rpartition(".")[0], *_imported(path.read_bytes())]
    return dict(sorted(found.items()))


def _file(name: str, packages: dict[str, Path]) -> Path | None:
    top = next((package for package in packages if f"{name}.".startswith(f"{package}.")), None)
    if top is None:
        return None
    rest = name.removeprefix(top).removeprefix(".")
    base = packages[top].joinpath(*rest.split(".")) if rest else packages[top]
    places = (base.with_suffix(".py"), base / "__init__.py") if rest else (base / "__init__.py",)
    return next((place for place in places if place.is_file()), None)


def _imported(source: bytes) -> list[str]:
    """Return the modules of both packages that a file imports; of what a package gives, each may be a module."""
    found = []
    for base, names, whole in _IMPORT.findall(source):
        module = (base or whole).decode()
        found += [module, *(f"{module}.{name.decode()}" for name in _NAME.findall(names))]
    return found


def digest_of_sources(found: dict[str, Path]) -> str:
    """Return the digest of some modules' sources, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for name, path in found.items():
        digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def code_version() -> str:
    """Return the digest of the source that results depend on: work that other code has done is not reused."""
    return digest_of_sources(sources())


@cache
def environment() -> dict[str, str]:
    """Return what else decides results: the versions of Python, of Unicode's tables, and of libraries."""
    found = {"python": ".".join(platform.python_version_tuple()[:2]), "unicode": unicodedata.unidata_version}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
