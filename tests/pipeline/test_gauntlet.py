"""The gauntlet: every hostile input costs its own reason and never the run; what people look at stays inert."""

import csv
import io
import json
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path

import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from babelmill.pipeline.cli import app
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.language.bayes import labels
from babelmill.transforms.read.decompress import BrokenFile
from babelmill.transforms.read.head import read_head
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.sources import Source
from tests.gauntlet.large import REASONS
from tests.gauntlet.names import NAMES
from tests.gauntlet.small import FOLDER, small_files
from tests.gauntlet.texts import IDS, texts
from tests.pipeline.runs import ROOT, manifest_of, run_sample, shards_of

EXPECTED = json.loads((FOLDER / "expected.json").read_bytes())
UNDETERMINED, NOT_WANTED = "language/undetermined", "language/not_wanted"
DROPPED = {
    **dict.fromkeys(texts().keys() - {"formula"}, UNDETERMINED),
    **dict.fromkeys(("nfc_grows", "word_of_a_million", "zalgo", "zero_width"), NOT_WANTED),
    **dict.fromkeys((*IDS, "ansi", "markup", "rich_markup", "special_tokens"), "quality/too_few_sentence_ends"),
    **dict.fromkeys(("line_of_a_million", "placeholders"), "quality/too_many_words"),
    **dict.fromkeys(("jamo", "regex_apostrophes"), "quality/too_few_words"),
    "regex_nested": "quality/lines_too_long",
    "controls": "quality/too_few_words_with_letters",
}
"""A text's name → why the sample's rules drop it; one is good enough."""
KEEP_ALL = ("quality=off", "language.min_score=0", f"languages={json.dumps(labels())}", "dedup.keep=[length]")
_RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What moves a cursor or turns a line around."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """The folder of a run in a process of its own, and how many megabytes it took more than a harmless one."""
    folder = tmp_path_factory.mktemp("gauntlet")
    command = [sys.executable, "-m", "tests.gauntlet.run", str(folder)]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    peak = json.loads(told.splitlines()[-1])
    return folder, peak["peak_mb"] - peak["base_mb"]


@pytest.fixture(scope="module")
def folder(ran: tuple[Path, int]) -> Path:
    return ran[0]


@pytest.fixture(scope="module")
def output(folder: Path) -> Path:
    return folder / "out"


@pytest.fixture(scope="module")
def written(folder: Path) -> Path:
    """The texts in shards: what no rule drops goes through tokens and all."""
    source = json.dumps([{"source": "texts", "files": f"{folder}/texts/*", "format": "jsonl"}])
    return run_sample(folder / "written", f"input={source}", *KEEP_ALL)


def rows(output: Path) -> dict[str, Counter[str]]:
    """Return file name → reason → quarantine rows."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for row in pq.read_table(output / "quarantine.parquet").to_pylist():
        found[row["path"].rpartition("/")[2]][row["reason"]] += 1
    return found


def test_the_files_are_what_makes_them_says() -> None:
    assert {path.name: path.read_bytes() for path in FOLDER.glob("?_*")} == small_files()
    assert set(small_files()) == set(EXPECTED)
    assert len(EXPECTED) + len(REASONS) + len(NAMES) + len(DROPPED) >= 180


def test_every_file_costs_its_own_reason(output: Path) -> None:
    found = rows(output)
    small = {name: {f"read/{reason}": n for reason, n in reasons.items()} for name, reasons in EXPECTED.items()}
    expected = small | REASONS | NAMES
    assert {name: dict(found[name]) for name in expected} == expected
    assert found.keys() <= expected.keys()


def test_a_plan_looks_at_a_large_file_as_shortly_as_at_a_small_one(folder: Path) -> None:
    for path in sorted((folder / "large").iterdir()):
        begun = time.process_time()
        with suppress(BrokenFile):
            read_head(str(path), Source("large", "unused"), Limits())
        # The footer of 65,000 row groups takes a second, the others take hundredths.
        assert time.process_time() - begun < 5, path.name


def test_every_text_costs_its_own_reason(output: Path) -> None:
    names = {id: name for name, id in IDS.items()}
    audit = ds.dataset(output / "audit").to_table(columns=["id", "source", "reason"]).to_pylist()
    assert {names.get(row["id"], row["id"]): row["reason"] for row in audit if row["source"] == "texts"} == DROPPED


def test_nothing_is_lost_and_good_documents_stay(folder: Path, output: Path) -> None:
    assert not list(verify(open_output(str(output))))
    good, alone = (
        open_output(str(run)).ledger.total(stage="write", source="good") for run in (output, folder / "base")
    )
    assert good == alone
    assert good.docs > 50


def test_nothing_is_written_outside_the_output(folder: Path, output: Path, written: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {"base", "large", "names", "texts", "out", "written"}
    for run in (output, written):
        assert {path.name for path in (run / "data").iterdir()} <= {f"lang={lang}" for lang in _languages(run)}


def _languages(run: Path) -> set[str]:
    return {shard["lang"] for shard in manifest_of(run)["shards"]}


def test_hostile_texts_go_through_tokens_and_shards(written: Path) -> None:
    assert not list(verify(open_output(str(written))))
    kept = shards_of(written)
    assert len(kept) > 20
    assert {"ansi", "markup", "special_tokens", IDS["id_climbs"]} <= set(kept["id"].to_pylist())


@pytest.mark.parametrize(
    "command",
    [
        ["inspect", "RUN"],
        ["inspect", "RUN", "--by", "source"],
        ["inspect", "RUN", "--by", "reason", "--csv"],
        ["verify", "RUN"],
        ["shard", "RUN/data/lang=en/part-00000.parquet"],
        ["shard", "RUN/data/lang=en/part-00000.parquet", "--row", "0"],
        ["clusters", "RUN"],
        ["why", "RUN", "ansi"],
        ["why", "RUN", IDS["id_ansi"]],
        ["why", "RUN", IDS["id_bidi"]],
        ["why", "RUN", "no\x1b[31msuch\u202eid"],
    ],
    ids=str,
)
def test_the_terminal_shows_what_is_hostile_written_out(written: Path, command: list[str]) -> None:
    found = CliRunner().invoke(app, [part.replace("RUN", str(written)) for part in command])
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    assert found.output.strip()
    assert not _RAW.search(found.output), found.output[:2_000]


def test_the_page_shows_what_is_hostile_as_text(written: Path, output: Path) -> None:
    for run in (written, output):
        assert CliRunner().invoke(app, ["inspect", str(run), "--html"]).exit_code == 0
        page = (run / "report.html").read_text()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert not _RAW.search(page)


def test_a_spreadsheet_takes_no_cell_for_a_formula(written: Path) -> None:
    for by in ("lang", "source", "reason", "shard"):
        found = CliRunner().invoke(app, ["inspect", str(written), "--by", by, "--csv"])
        for row in csv.reader(io.StringIO(found.output)):
            assert not [cell for cell in row if cell.lstrip()[:1] in tuple("=+-@") and not _is_number(cell)]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "a/b", "a\nb", "..", "", "x" * 300, "\x1b[31m", "=1+1"])
def test_a_source_is_called_no_path(tmp_path: Path, name: str) -> None:
    source = json.dumps([{"source": name, "files": "tests/data/corpus/sv.jsonl.gz"}])
    with pytest.raises(ConfigError, match=r"^--set: input\.0\.source"):
        run_sample(tmp_path / "out", f"input={source}")


def test_memory_stays_within_500_mb_of_the_base(ran: tuple[Path, int]) -> None:
    assert ran[1] < 500
