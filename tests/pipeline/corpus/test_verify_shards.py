"""Several processes find in the shards what one finds, in the same order."""

import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from babelmill.pipeline.cli import app
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.corpus.verify_shards import count_shards
from tests.pipeline.sound import flip, shards


@pytest.fixture
def run(sound: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(sound, tmp_path / "run"))


def test_two_processes_count_what_one_counts(run: Path) -> None:
    output = open_output(str(run))
    one, two = (list(count_shards(output, workers)) for workers in (1, 2))
    assert one == two
    assert [path for path, _ in one] == [shard.path for shard in output.manifest.shards]
    assert all(not counted.problems and counted.strata for _, counted in one)


def test_two_processes_name_what_one_names(run: Path) -> None:
    first, second, third = shards(run)[:3]
    flip(first, first.stat().st_size // 2)
    os.truncate(second, second.stat().st_size // 2)
    third.unlink()
    output = open_output(str(run))
    one = list(verify(output))
    assert len(one) >= 4
    assert list(verify(output, workers=2)) == one
    damaged = CliRunner().invoke(app, ["verify", str(run), "--workers", "2"])
    assert damaged.exit_code == 1
    assert f"{len(one)} problems" in damaged.output


def test_a_reader_that_stops_leaves_no_process(run: Path) -> None:
    counted = count_shards(open_output(str(run)), workers=2)
    next(counted)
    counted.close()
