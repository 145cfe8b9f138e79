"""CSV that a spreadsheet does not run, and nothing on the terminal that moves its cursor."""

import csv
import io
import re

import pytest
from rich.console import Console

from babelmill.pipeline.config.budget import BudgetSection
from babelmill.pipeline.corpus.summary import Part, Reason, Stage, Summary
from babelmill.pipeline.show.terminal.export import as_csv
from babelmill.pipeline.show.terminal.overview import overview, table_of
from babelmill.transforms.ledger import Counts
from babelmill.transforms.write.listed import InputFile, ShardFile

HOSTILE = "\x1b[2J\u202eevil\x07\n"


def summary(name: str) -> Summary:
    part = Part(name, 10, 8, 1, 7, 700, 600, 200, 0.0)
    reason = Reason(name, "quality", 2, 50)
    shards = (ShardFile(f"data/lang=en/{name}.parquet", name, 7, 700, 200, 900, "0" * 64),) * 50
    return Summary(
        "hostile", 10, Counts(7, 700, 600, 200), (Stage("quality", 10, 8, (reason,)),), (part,), (part,), (reason,),
        shards, BudgetSection(total_tokens=1000, shares={"en": 1.0}), ("en",),
        (InputFile(name, name, 5, 10),),
    )  # fmt: skip


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r@", "\n ="])
@pytest.mark.parametrize("by", ["lang", "source", "reason", "shard"])
def test_no_cell_is_a_formula(start: str, by: str) -> None:
    cells = [cell for row in csv.reader(io.StringIO(as_csv(summary(f"{start}cmd|x"), by), newline="")) for cell in row]
    assert f"'{start}cmd|x".translate(dict.fromkeys(map(ord, "\t\r\n"), " ")) in cells
    assert not [cell for cell in cells if cell.strip().startswith(("=", "+", "-", "@"))]


def test_nothing_is_a_table_without_rows() -> None:
    assert as_csv(summary("x")._replace(shards=()), "shard") == ""


@pytest.mark.parametrize("by", [None, "source", "reason", "shard"])
def test_the_terminal_is_left_alone(by: str | None) -> None:
    console = Console(record=True, width=100, file=io.StringIO(), color_system=None)
    found = summary(HOSTILE)
    console.print(table_of(found, by) if by else overview(found))
    shown = re.sub(r"\x1b\[[0-9;]*m", "", console.export_text(styles=True))  # rich's own colours
    assert "\\x1b[2J\\u202eevil\\x07" in shown
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", shown)


def test_a_long_table_says_what_is_left_out() -> None:
    console = Console(record=True, width=100, file=io.StringIO())
    console.print(table_of(summary("x"), "shard"))
    assert "10 more; --csv lists all of them" in console.export_text()


def test_a_run_without_shards() -> None:
    console = Console(record=True, width=100, file=io.StringIO())
    console.print(overview(summary("x")._replace(shards=(), totals=Counts(), languages=(), records=0)))
    assert "no document was kept" in console.export_text()
