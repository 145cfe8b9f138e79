"""A local job loads no client of a store; one with an address, or on another runner, loads what Beam has."""

import subprocess
import sys

import pytest

from babelmill.pipeline.runners.lean_beam import is_local

HEAVY = ("pandas", "pymongo", "apitools", "apache_beam.io.textio", "apache_beam.io.gcp.gcsfilesystem")
LOAD = "import sys; from babelmill.pipeline.runners.lean_beam import has_extras, load_beam; load_beam(lean={lean}); "


def printed(code: str) -> str:
    """Run some code in a process of its own, for what is loaded stays loaded."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    ("configuration", "flags", "local"),
    [
        ({"output": "out/a", "input": [{"files": "a/*.jsonl"}]}, (), True),
        ({"output": "out/a"}, ("--direct_num_workers=2",), True),
        ({"output": "gs://a/b"}, (), False),
        ({"output": "out/a", "input": [{"files": ["s3://a/*"]}]}, (), False),
        ({"output": "out/a"}, ("--runner=FlinkRunner",), False),
        ({"output": "out/a"}, ("--runner", "PortableRunner"), False),
        ({"output": "out/a"}, ("--temp_location=gs://a/b",), False),
    ],
)
def test_what_is_local(configuration: object, flags: tuple[str, ...], local: bool) -> None:
    assert is_local(configuration, flags) == local


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
