"""Libraries, loaded without what a job on this machine has no use for.

`import apache_beam` brings its sources and sinks (Avro, MongoDB, BigQuery, Pub/Sub …), and with its extras Google's
client libraries and pandas; numba asks for one module of SciPy's linear algebra and gets all of it; pyarrow looks for
pandas at its first array. Of two seconds of CPU half a one is left.

    load_beam(lean=is_plain(read.data))        # before anything that imports apache_beam

That is for a plain job: it runs here, nothing in it has an address (`gs://…`), and all of its code is ours. Packages
whose parts nobody asks for wait (`transforms/imports.py`), and extras are taken as not installed while they are looked
for: nothing there asks for what these libraries leave out without them. Other jobs load all.
"""

import contextlib
import importlib
import sys
from collections.abc import Sequence
from contextlib import nullcontext

from babelmill.transforms.imports import absent, deferred

__all__ = ["has_extras", "ignore_pandas", "is_plain", "load_beam"]

_EXTRAS = (
    "apache_beam.io.aws",
    "apache_beam.io.azure",
    "apache_beam.io.gcp",
    "apitools",
    "google.api_core",
    "google.auth",
    "google.cloud",
    "hdfs",
    "pandas",
)
_extras = True
_LATE = {
    # Reads its grammar of HTTP headers when it is loaded, for Beam's clients of Google's services.
    "httplib2": (),
    # The grammar of C, which cffi reads declarations with; numba loads cffi in case a kernel calls C.
    "pycparser": (),
    # For fastText's downloads, which are none of ours.
    "requests": (),
    # numba asks for `scipy.linalg.cython_blas`, in case a kernel multiplies matrices.
    "scipy.linalg": (),
    # Beam's sources and sinks; the modules that are imported behind them count on what this one imports.
    "apache_beam.io": ("iobase",),
}
_OWN_CODE = ("'annotators'", "'rules'", "'formats'")
"""Keys of a configuration that name steps and formats from outside."""


def is_plain(configuration: object, flags: Sequence[str] = ()) -> bool:
    """Say whether a job runs on this machine, nothing in it has an address, and none of its code is from outside.

    Args:
        configuration: its tree.
        flags: Beam's options.
    """
    found = repr(configuration)
    return not (
        any(key in found for key in _OWN_CODE)
        or any("://" in text for text in (found, *flags))
        or any(flag.startswith("--runner") for flag in flags)
    )


def load_beam(lean: bool) -> None:
    """Import Beam, if nobody has done so yet.

    Args:
        lean: for a plain job. Some packages set more up than their own names (requests silences warnings of urllib3's),
            so where anything may be imported of them they are loaded as always.
    """
    global _extras
    if "apache_beam" in sys.modules:
        return
    _extras = not lean
    with deferred(_LATE) if lean else nullcontext(), absent(*_EXTRAS) if lean else nullcontext():
        for name in (*_LATE, "apache_beam.runners.portability.fn_api_runner.fn_runner"):
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
    if lean:
        ignore_pandas()


def ignore_pandas() -> None:
    """Have pyarrow look for pandas now, and find none; `to_pandas` looks again.

    For processes where no code but ours makes arrays: of a pandas column pyarrow would not know that NaN means null.
    """
    import pyarrow as pa

    with absent("pandas"):
        pa.array([0])


def has_extras() -> bool:
    """Say whether Beam has those of its extras that are installed."""
    return _extras
