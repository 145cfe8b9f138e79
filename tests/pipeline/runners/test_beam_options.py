"""Beam's options are checked before anything else: a typing error costs a line, and not a finished run."""

from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, StandardOptions, TypeOptions
from typer.testing import CliRunner

from babelmill.pipeline.cli import app
from babelmill.pipeline.runners.beam_options import Options, beam_flags, runner_of
from babelmill.transforms.errors import ConfigError
from tests.pipeline.job.test_ownership import everything
from tests.pipeline.runs import at_root


def test_each_view_is_made_once_and_shares_its_values() -> None:
    options = Options(["--direct_num_workers=3"])
    assert options.view_as(DirectOptions) is options.view_as(DirectOptions)
    options.view_as(DirectOptions).direct_num_workers = 2
    options.view_as(StandardOptions).runner = None
    assert options.view_as(DirectOptions).direct_num_workers == 2
    plain = PipelineOptions(["--direct_num_workers=2"])
    plain.view_as(StandardOptions).runner = None
    assert options.get_all_options() == plain.get_all_options()
    assert options.view_as(TypeOptions).pipeline_type_check
    with pytest.raises(AttributeError):
        _ = options.view_as(DirectOptions).job_name


@pytest.mark.parametrize(
    "flags",
    [
        [], ["--job_name=a"], ["--job_name", "a"], ["--direct_num_workers=3"], ["--no_use_public_ips"],
        ["--experiment=x"], ["--label=a=b"], ["--worker_machine_type=n"],
        ["--runner=DirectRunner"], ["--runner=FlinkRunner", "--object_reuse=true", "--fasterCopy"],
    ],
)  # fmt: skip
def test_what_beam_knows_passes(flags: list[str]) -> None:
    assert beam_flags(flags) == flags


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--job_nam=a"], "--job_nam=a: Apache Beam has no such option; did you mean --job_name?"),
        (["--fasterCopy"], "--fasterCopy: Apache Beam has no such option"),
        (["workers=2"], "workers=2: is no option; overrides go after --set"),
        (["--job_name=a", "b"], "b: is no option"),
        (["-x"], "-x: Apache Beam has no such option"),
        (["--direct_num_workers=x"], "--: argument --direct_num_workers: invalid int value: 'x'"),
        (["--direct_running_mode=x"], "--: argument --direct_running_mode: invalid choice: 'x'"),
    ],
)
def test_what_it_does_not_know_is_refused(flags: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        beam_flags(flags)
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["DirectRunner", "direct", "FnApiRunner", "SwitchingDirectRunner"])
def test_this_machine_goes_by_several_names(name: str) -> None:
    assert runner_of([f"--runner={name}"]) == ""
    assert runner_of([]) == ""


@pytest.mark.parametrize("name", ["PortableRunner", "FlinkRunner", "SparkRunner", "PrismRunner"])
def test_runners_of_the_job_api(name: str) -> None:
    assert runner_of(["--runner", name]) == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("FlinkRuner", "has no runner 'FlinkRuner'; did you mean FlinkRunner?"),
        ("my.own.Runner", "has no runner 'my.own.Runner'"),
        ("DataflowRunner", "sent by babelmill submit"),
        ("apache_beam.runners.dask.dask_runner.DaskRunner", "runner"),
        ("apache_beam.runners.render.RenderRunner", "RenderRunner cannot run this graph"),
        ("BundleBasedDirectRunner", "cannot run this graph"),
    ],
)
def test_others_are_refused(name: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        runner_of([f"--runner={name}"])


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--runner=FlinkRuner"], "did you mean FlinkRunner?"),
        (["--runner=DataflowRunner"], "babelmill submit"),
        (["--runner=PortableRunner"], "no job was started on PortableRunner: You must specify a --job_endpoint"),
        (["--runner=PortableRunner", "--job_endpoint=localhost:1"], "no job server answers at localhost:1"),
        (["--job_nam=x"], "did you mean --job_name?"),
        (["--direct_num_workers=x"], "invalid int value"),
    ],
)
def test_a_refused_start_leaves_a_finished_run_as_it_was(
    finished: Path, flags: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("babelmill.pipeline.runners.portable._ANSWER_S", 1.0)
    before = everything(finished)
    with at_root():
        result = CliRunner().invoke(app, ["run", "configs/sample.yaml", "--set", f"output={finished}", "--", *flags])
    assert result.exit_code == 2, result.output
    assert said in result.stderr
    # What cannot be read of the sample is said before.
    assert said in result.stderr.splitlines()[-1]
    assert everything(finished) == before
