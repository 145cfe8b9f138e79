"""A plain job loads no client of a store; one with an address, or on another runner, loads what Beam has."""

import subprocess
import sys

import pytest

from babelmill.pipeline.runners.lean import is_plain

HEAVY = ("pandas", "pymongo", "apitools", "apache_beam.io.textio", "apache_beam.io.gcp.gcsfilesystem")
LOAD = "import sys; from babelmill.pipeline.runners.lean import has_extras, load_beam; load_beam(lean={lean}); "


def printed(code: str) -> str:
    """Run some code in a process of its own, for what is loaded stays loaded."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    ("configuration", "flags", "plain"),
    [
        ({"output": "out/a", "input": [{"files": "a/*.jsonl"}]}, (), True),
        ({"output": "out/a"}, ("--direct_num_workers=2",), True),
        ({"output": "gs://a/b"}, (), False),
        ({"output": "out/a", "quality": {"annotators": ["mine:Step"]}}, (), False),
        ({"output": "out/a", "read": {"formats": ["mine:Format"]}}, (), False),
        ({"output": "out/a", "input": [{"files": ["s3://a/*"]}]}, (), False),
        ({"output": "out/a"}, ("--runner=FlinkRunner",), False),
        ({"output": "out/a"}, ("--runner", "PortableRunner"), False),
        ({"output": "out/a"}, ("--temp_location=gs://a/b",), False),
    ],
)
def test_what_is_plain(configuration: object, flags: tuple[str, ...], plain: bool) -> None:
    assert is_plain(configuration, flags) == plain


def test_a_local_job_loads_neither_sources_nor_extras() -> None:
    code = LOAD.format(lean=True) + f"print([name for name in {HEAVY} if name in sys.modules], has_extras())"
    assert printed(code) == "[] False"


def test_other_jobs_have_the_extras_that_are_installed() -> None:
    code = LOAD.format(lean=False) + "print('apache_beam.io.gcp.gcsfilesystem' in sys.modules, has_extras())"
    assert printed(code) == "True True"


def test_what_waits_is_there_when_it_is_asked_for() -> None:
    code = LOAD.format(lean=True) + (
        "import apache_beam as beam; import pandas; "
        "print(beam.io.ReadFromText.__name__, beam.io.ReadFromBigQuery.__name__, pandas.DataFrame.__name__)"
    )
    assert printed(code) == "ReadFromText ReadFromBigQuery DataFrame"


def test_pyarrow_knows_pandas_once_it_is_asked_for() -> None:
    code = LOAD.format(lean=True) + (
        "import pyarrow as pa; pa.array([1.0, None]); print('pandas' in sys.modules, end=' '); "
        "print(pa.table({'a': [1, 2]}).to_pandas()['a'].sum(), len(pa.array(sys.modules['pandas'].Series([1, 2]))))"
    )
    assert printed(code) == "False 3 2"


def test_numba_multiplies_matrices() -> None:
    code = LOAD.format(lean=True) + (
        "import numba, numpy as np; print(numba.njit(lambda a: a @ a)(np.eye(2)).tolist(), end=' '); "
        "print('scipy.linalg._decomp' in sys.modules); import scipy.linalg; print(scipy.linalg.det(np.eye(2)))"
    )
    assert printed(code) == "[[1.0, 0.0], [0.0, 1.0]] False\n1.0"


def test_stores_can_be_reached_all_the_same() -> None:
    code = LOAD.format(lean=True) + (
        "import babelmill.transforms.files.object_store; from apache_beam.io.filesystems import FileSystems; "
        "print(FileSystems.get_filesystem('gs://a/b').scheme())"
    )
    assert printed(code) == "gs"


def test_a_pipeline_of_ones_own_runs() -> None:
    code = LOAD.format(lean=True) + (
        "import apache_beam as beam; from apache_beam.testing.util import assert_that, equal_to\n"
        "with beam.Pipeline(runner='FnApiRunner') as pipeline:\n"
        "    sums = pipeline | beam.Create([('a', 1), ('b', 2), ('a', 3)]) | beam.CombinePerKey(sum)\n"
        "    assert_that(sums, equal_to([('a', 4), ('b', 2)]))\n"
        "print('added')"
    )
    assert printed(code) == "added"
