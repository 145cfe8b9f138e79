"""`babelmill budget`: the table, the JSON, the page; and of a run that is not whole, one line and nothing else."""

import os
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import Result
from typer.testing import CliRunner

from babelmill.pipeline import cli
from babelmill.transforms.write.manifest import dump_manifest
from tests.pipeline.runs import errors_told, files_of, run_sample

SETTINGS = (
    'input=[{source: docs, files: "tests/data/corpus/el.jsonl.xz"}, {source: none, files: tests/data/corpus/sk.jsonl}]',
    "languages=[el, en]",
    "name=small",
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, not to be touched."""
    return run_sample(tmp_path_factory.mktemp("sound") / "run", *SETTINGS)


@pytest.fixture
def run(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "run"))


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, ["budget", *map(str, arguments)])


def written(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads((run / "budget.json").read_bytes())
    return found


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_tables(run: Path) -> None:
    result = call(run, "--scale", "1000")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    for expected in ("el Greek", "en English", "docs", "none", "64K", "1M+", "raw needed", "≈tokens", "total"):
        assert expected in result.stdout
    assert "Nothing to go by for en: this run kept nothing of it." in words(result.stdout)
    assert "…" not in result.stdout
    assert max(map(len, result.stdout.splitlines()[:-1])) <= 80


def test_json_on_the_terminal_is_what_is_written(run: Path) -> None:
    result = call(run, "--json", "--set", "budget.total_tokens=1e6")
    found = orjson.loads(result.stdout)
    assert found == written(run)
    manifest = orjson.loads((run / "manifest.json").read_bytes())
    assert (found["run"], found["manifest_sha256"]) == ("small", manifest["sha256"])
    for table in ("languages", "sources"):
        assert sum(line["wanted"] for line in found[table]) == 10**6
        for total in ("have", "planned", "effective"):
            assert sum(line[total] for line in found[table]) == found["totals"][total]
    assert found["totals"]["have"] == manifest["totals"]["tokens"]
    assert found["totals"]["missing"] == 10**6 - found["totals"]["planned"]
    assert sum(one["planned"] for one in found["strata"]) == found["totals"]["planned"]
    assert {account["estimated"] for account in found["accounts"]} == {True, False}
    [el, en] = found["languages"]
    assert (el["name"], el["epochs"], en["name"], en["raw_bytes_needed"]) == ("el", 4, "en", None)


def test_the_run_itself_is_not_touched(run: Path) -> None:
    before = files_of(run)
    assert call(run).exit_code == 0
    after = files_of(run)
    assert after.pop("budget.json")
    assert after == before
    assert CliRunner().invoke(cli.app, ["verify", str(run)]).exit_code == 0


class Page(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, list[str | None]] = {}
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_stands_by_itself(run: Path) -> None:
    assert call(run).exit_code == 0
    page = Page()
    content = (run / "budget.html").read_text()
    page.feed(content)
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert not {"src", "href"} & set(page.attributes)
    assert not re.search(r"url\(|@import|https?://", content)
    assert "color-scheme: light dark" in content
    assert "@media print" in content
    assert page.tags.count("table") == 4
    assert all(name in page.text for name in ("el Greek", "docs", "Budget of small", "1M+"))


def test_a_name_is_text(run: Path) -> None:
    content = orjson.loads((run / "manifest.json").read_bytes())
    (run / "manifest.json").write_bytes(dump_manifest({**content, "name": "<b>&"}))
    assert call(run).exit_code == 0
    assert "Budget of &lt;b&gt;&amp;" in (run / "budget.html").read_text()


def test_another_budget_on_the_same_run(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text("budget: {total_tokens: 1000, shares: {el: 1}, max_epochs: {el: 0.5}}\n")
    assert call(run, "--config", path).exit_code == 0
    assert [line["wanted"] for line in written(run)["languages"]] == [1000, 0]
    assert written(run)["languages"][0]["cap"] == 0.5
    assert call(run, "--config", path, "--set", "budget.max_epochs.el=2").exit_code == 0
    assert written(run)["languages"][0]["cap"] == 2
    # The next without it is the run's own again.
    assert call(run).exit_code == 0
    assert written(run)["totals"]["wanted"] == 10**13


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--set", "budget.shares={el: 0.5}"], "budget.shares: the shares add up to 0.5, not 1"),
        (["--set", "budget.shares={ru: 1}"], "budget.shares.ru: 'ru' is no language of this run; one of el, en, rest"),
        (["--set", "budget.max_epochs.el=-1"], "budget.max_epochs.el: expected more than 0, got -1"),
        (["--set", "budget.weights.source={doc: 2}"], "budget.weights.source.doc: 'doc' is no source of this run; did"),
        (["--set", "budget.total_tokens=2.5"], "budget.total_tokens: 2.5 is no whole number of tokens"),
        (["--set", "seed=1"], "'seed=1': of a finished run only budget.… can be set"),
        (["--scale", "0"], "--scale: 0 is no number above 0"),
        (["--scale", "nan"], "--scale: nan is no number above 0"),
        (["--scale", "1e15"], "--scale: 1e+15 times "),
        (["--scale", "1e300"], "--scale: 1e+300 times "),
        (["--config", "/none.yaml"], "cannot read /none.yaml"),
    ],
)
def test_wrong_configuration(run: Path, arguments: list[str], line: str) -> None:
    result = call(run, *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    [error] = errors_told(result.stderr)
    assert error.startswith(line)
    assert not (run / "budget.json").exists()


def test_a_file_without_a_budget(run: Path, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("name: x\n")
    result = call(run, "--config", tmp_path / "c.yaml")
    assert (result.exit_code, result.stderr) == (2, f"babelmill: budget: {tmp_path}/c.yaml has no such section\n")


def one_line(result: Result, code: int) -> str:
    assert result.exit_code == code
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert line.startswith("babelmill: ")
    return line


def test_no_run_and_an_unfinished_one(run: Path, tmp_path: Path) -> None:
    assert "is not a Babelmill run: it has no manifest.json" in one_line(call(tmp_path / "none"), 2)
    (run / "manifest.json").unlink()
    assert "is an unfinished run" in one_line(call(run), 2)
    assert not (run / "budget.json").exists()


def damage(run: Path, what: str) -> None:
    shard = next((run / "data").rglob("*.parquet"))
    manifest = run / "manifest.json"
    content = orjson.loads(manifest.read_bytes())
    match what:
        case "shard is gone":
            shard.unlink()
        case "shard is cut off":
            os.truncate(shard, shard.stat().st_size - 1)
        case "manifest is cut off":
            os.truncate(manifest, 100)
        case "manifest was changed":
            content["totals"]["tokens"] += 1
            manifest.write_bytes(orjson.dumps(content))
        case "total is wrong":
            content["totals"]["tokens"] += 1
            manifest.write_bytes(dump_manifest(content))
        case "ledger" | "tokens":
            path = run / f"{what}.parquet"
            os.truncate(path, path.stat().st_size // 2)
        case "other tokens":
            other = (run / "removals.parquet").read_bytes()
            (run / "tokens.parquet").write_bytes(other)


@pytest.mark.parametrize(
    "what",
    [
        "shard is gone", "shard is cut off", "manifest is cut off", "manifest was changed", "total is wrong", "ledger",
        "tokens", "other tokens",
    ],
)  # fmt: skip
def test_a_damaged_run(run: Path, what: str) -> None:
    damage(run, what)
    assert "damaged" in (line := one_line(call(run), 1)) or "cannot be read" in line
    assert not (run / "budget.json").exists()
    assert not (run / "budget.html").exists()


def test_a_new_run_takes_the_old_budget_back(run: Path) -> None:
    assert call(run).exit_code == 0
    run_sample(run, *SETTINGS)
    assert not (run / "budget.json").exists()
    assert not (run / "budget.html").exists()


def test_another_budget_makes_no_shard_again(run: Path) -> None:
    shards = {path: path.stat().st_mtime_ns for path in run.rglob("data/**/*.parquet")}
    before = files_of(run)
    run_sample(run, *SETTINGS, "budget.max_epochs={rest: 2}")
    assert shards == {path: path.stat().st_mtime_ns for path in run.rglob("data/**/*.parquet")}
    assert {name for name, digest in files_of(run).items() if before[name] != digest} == {"manifest.json"}
    assert call(run).exit_code == 0
    assert written(run)["languages"][0]["cap"] == 2
