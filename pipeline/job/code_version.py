"""The version of the code: a digest of every source file that decides a result, and the libraries that do.

Which files these are is not a list that somebody keeps, but what the graph and the workers import, followed from file
to file through both packages. A page or a command may change without any work being done again.
"""

import platform
import unicodedata
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import babelmill.pipeline
import babelmill.transforms
from babelmill.transforms.source_closure import digest_of_sources, sources

__all__ = ["PACKAGES", "ROOTS", "code_version", "environment"]

ROOTS = ("babelmill.pipeline.job.graph", "babelmill.pipeline.runners.worker")
PACKAGES = {found.__name__: Path(next(iter(found.__path__))) for found in (babelmill.pipeline, babelmill.transforms)}
_LIBRARIES = ("fasttext-predict", "numba", "numpy", "orjson", "py3langid", "pyarrow", "tokenizers")
"""Those that shape text, ids or bytes."""


@cache
def code_version() -> str:
    """Return the digest of the source that results depend on: work that other code has done is not reused."""
    return digest_of_sources(sources(PACKAGES, ROOTS))


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
