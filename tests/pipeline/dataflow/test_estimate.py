"""The estimate: of the measured size it is the measured run, and it grows by the laws that it states."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from babelmill.pipeline.cli import app
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.dataflow.estimate import BUSY, OVERHEAD, Measured, estimate, measured_run
from babelmill.pipeline.dataflow.prices import load_prices
from babelmill.pipeline.formatting.sizes import parse_size
from babelmill.pipeline.job.plan import Plan
from babelmill.transforms.costs import CPU
from babelmill.transforms.errors import ConfigError
from tests.pipeline.runs import at_root, plan_sample, run_sample

BATCH = {"kind": "batch", "machine": "n2-standard-4", "disk_gb": 50}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_sample(tmp_path_factory.mktemp("run") / "sample", "audit=false", "dedup.exchange=records")


@pytest.fixture(scope="module")
def run(output: Path) -> Measured:
    return measured_run(open_output(str(output)))


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_sample("gs://bucket/out")


def test_of_the_same_size_it_is_the_run_itself(plan: Plan, run: Measured, output: Path) -> None:
    found = estimate(plan, run, run.input_bytes)
    manifest = open_output(str(output)).manifest
    assert found.tokens == pytest.approx(manifest.totals.tokens)
    assert found.kept_docs == pytest.approx(manifest.totals.documents)
    assert found.output_bytes == pytest.approx(sum(file.file_bytes for file in manifest.files))
    work = list((output / "work" / "items").iterdir())
    staged = sum(path.stat().st_size for path in work if path.suffix in (".parquet", ".sig"))
    assert found.staged_bytes == pytest.approx(staged)
    assert found.cpu_s == pytest.approx(OVERHEAD * sum(v for name, v in run.costs.items() if name.startswith(CPU)))


@given(st.floats(1, 1e9), st.floats(1, 10))
def test_it_grows_by_its_laws(plan: Plan, run: Measured, scale: float, more: float) -> None:
    small, large = (estimate(plan, run, run.input_bytes * size) for size in (scale, scale * more))
    assert large.cpu["read"] == pytest.approx(more * small.cpu["read"])
    assert large.docs == pytest.approx(more * small.docs)
    assert large.kept_docs == pytest.approx(small.kept_docs * more**run.exponent)
    assert large.kept_docs <= large.docs
    assert 0 < run.exponent <= 1
    assert large.cpu_s >= small.cpu_s
    assert large.items * large.item_bytes >= 0.5 * large.text_bytes
    assert large.items <= 1 << 20


def test_what_is_known_better_can_be_said(plan: Plan, run: Measured) -> None:
    found = estimate(plan, run, 1e12, text_ratio=2, keeps=0.25)
    assert found.text_bytes == 2e12
    assert found.kept_docs == pytest.approx(0.25 * found.docs)


def test_the_bill_is_the_sum_of_its_parts(plan: Plan, run: Measured) -> None:
    found, prices = estimate(plan, run, 1e12), load_prices()
    assert found.vcpu_hours == pytest.approx(found.cpu_s / 3600 / BUSY)
    bill = found.dollars(prices, **BATCH)
    assert bill["vCPU"] == pytest.approx(found.vcpu_hours * 0.056)
    assert bill["memory"] == pytest.approx(found.vcpu_hours * 4 * 0.003557)
    assert bill["disk"] == pytest.approx(found.vcpu_hours / 4 * 50 * 0.000054)
    assert found.dollars(prices, **{**BATCH, "kind": "flexrs"})["vCPU"] == pytest.approx(0.6 * bill["vCPU"])
    for hours in (1, 7.5, 24):
        workers = found.workers(hours, "n2-standard-4")
        assert (workers - 1) * 4 * hours < found.vcpu_hours <= workers * 4 * hours


def test_shuffle_is_billed_by_tiers(plan: Plan, run: Measured) -> None:
    found, prices = estimate(plan, run, 1e12), load_prices()
    for shuffled, billed in ((100e9, 25), (250e9, 62.5), (1250e9, 62.5 + 500), (10e12, 62.5 + 2435 + 4880)):
        one = found._replace(shuffled={"signatures": shuffled / 2})
        assert one.dollars(prices, **BATCH)["shuffle"] == pytest.approx(billed * 0.011)


@pytest.mark.parametrize(("text", "size"), [("180TB", 1.8e14), ("1.5 GiB", 1.5 * 2**30), ("4096", 4096), ("7b", 7)])
def test_sizes(text: str, size: float) -> None:
    assert parse_size("--input-size", text) == size


@pytest.mark.parametrize("text", ["", "TB", "1 XB", "-1GB", "0", "1,5GB", "nan", "1e999999TB1"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ConfigError, match="expected a size, such as"):
        parse_size("--input-size", text)


def command(*arguments: str) -> tuple[int, str, str]:
    with at_root():
        result = CliRunner().invoke(app, ["plan", "configs/sample.yaml", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_tells_all_of_it(output: Path) -> None:
    code, out, told = command("--input-size", "180TB", "--from", str(output), "--keeps", "0.3", "--hours", "48")
    assert (code, told) == (0, "")
    for word in ("tokens", "vCPU-hours", "FlexRS", "shuffle: ", "staged: ", "work items: ", "shards: ", "for 48 hours"):
        assert word in out
    assert "uncertain: " in out
    assert "! work.item_bytes" in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--from", "out"), "--input-size: is missing"),
        (("--input-size", "big"), "--input-size: expected a size, such as 180TB, 1.5GiB or 4096, got 'big'"),
        (("--input-size", "1TB", "--from", "nowhere"), "nowhere is not a Babelmill run"),
        (
            ("--input-size", "1TB", "--from", "{output}", "--prices", "{prices}"),
            "--prices: {prices}: region is missing",
        ),
    ],
)
def test_what_is_wrong_is_told(output: Path, tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text("date: 2026-11-23\n")
    names = {"output": output, "prices": prices}
    code, _, err = command(*(argument.format(**names) for argument in arguments))
    assert code == 2
    assert err.startswith(f"babelmill: {told.format(**names)}")


def test_a_run_that_has_lost_its_costs_is_told(output: Path) -> None:
    path = output / "work" / "costs.json"
    costs = path.read_bytes()
    path.unlink()
    with pytest.raises(ConfigError, match="has not measured its costs"):
        measured_run(open_output(str(output)))
    path.write_bytes(costs)


def test_a_run_whose_files_lie_near_tells_of_a_store_too(plan: Plan, run: Measured) -> None:
    costs = {name: value for name, value in run.costs.items() if "regroup" not in name}
    found = estimate(plan, run._replace(costs=costs), 1e15)
    assert found.cpu["regroup"] == pytest.approx(found.traffic.regrouped / 400e6 * OVERHEAD)
    bill = found.dollars(load_prices(), **BATCH)
    near = found._replace(traffic=found.traffic._replace(reads=0, writes=0)).dollars(load_prices(), **BATCH)
    requests = found.traffic.reads * 0.4e-6 + found.traffic.writes * 5.4e-6
    assert bill["operations"] - near["operations"] == pytest.approx(requests)
    assert requests > 1
