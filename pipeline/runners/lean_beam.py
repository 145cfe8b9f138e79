"""Apache Beam, loaded without what a job on this machine has no use for.

`import apache_beam` brings its sources and sinks (Avro, MongoDB, BigQuery, Pub/Sub …), and with its extras Google's
client libraries and pandas: of a second and a half of CPU a third is left without them.

    load_beam(read.data)        # before anything that imports apache_beam

Its sources and sinks come when they are asked for, whatever the job. The extras are taken as not installed, which Beam
is made for, only while it is imported, and only where nothing has an address (`gs://…`): then nothing that Beam loads
with them is needed. Jobs that are sent elsewhere load all.
"""

import sys
from collections.abc import Sequence
from contextlib import nullcontext

from babelmill.transforms.imports import absent, deferred

__all__ = ["has_extras", "is_local", "load_beam"]

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
    # The sources and sinks; the modules that are imported behind them count on what this one imports.
    "apache_beam.io": ("iobase",),
    # Reads its grammar of HTTP headers when it is loaded, for clients of Google's that are not.
    "httplib2": (),
}


def is_local(configuration: object, flags: Sequence[str] = ()) -> bool:
    """Say whether a job runs on this machine and nothing in it has an address.

    Args:
        configuration: its tree.
        flags: Beam's options.
    """
    return not any("://" in text for text in (repr(configuration), *flags)) and not any(
        flag.startswith("--runner") for flag in flags
    )


def load_beam(lean: bool) -> None:
    """Import Beam, if nobody has done so yet.

    Args:
        lean: without its extras.
    """
    global _extras
    if "apache_beam" in sys.modules:
        return
    _extras = not lean
    with deferred(_LATE), absent(*_EXTRAS) if lean else nullcontext():
        import apache_beam  # noqa: F401
        import apache_beam.runners.portability.fn_api_runner.fn_runner  # noqa: F401


def has_extras() -> bool:
    """Say whether Beam has those of its extras that are installed."""
    return _extras
