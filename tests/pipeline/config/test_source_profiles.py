"""A source with a profile of its own is judged as in a run of its own."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.config.model import Config
from babelmill.pipeline.config.profiles import load_profile
from babelmill.pipeline.config.sections import QualitySection
from babelmill.pipeline.config.source_profiles import load_profiles
from babelmill.pipeline.job.plan import make_plan
from babelmill.pipeline.job.stages import make_screening
from babelmill.pipeline.show.terminal.outline import outline
from babelmill.transforms.documents import documents
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.ledger import Tally
from babelmill.transforms.quality.rules import Bounds, Headroom, Within
from babelmill.transforms.read.sources import Source
from babelmill.transforms.stages import Book, Judge, contract
from tests.pipeline.config.test_model import config

PROSE = "The mill on the lower river was first mentioned in a letter of the year that followed the great flood. "
MENU = "\n".join(["Home of the brave", "About us and them", "Contact of the house", "News and the views"])
TEXTS = [PROSE * 8, MENU, "\n".join([PROSE[:60]] * 40), "short"]


def two(web: str | None, books: str | None, **quality: Any) -> Config:
    sources = [
        {"source": name, "files": f"{name}.jsonl"} | ({"profile": profile} if profile else {})
        for name, profile in (("web", web), ("books", books))
    ]
    return config(
        input=sources, languages=["en"], language={"min_score": 0}, quality=quality or {"profile": "fineweb2"}
    )


def booked(settings: Config, sources: list[str]) -> dict[str, dict[str, int]]:
    """Source → outcome of the stage quality → documents, of TEXTS that each source has, in one batch."""
    batches = [documents(TEXTS, source=source) for source in sources]
    batch = pa.Table.from_batches(batches).combine_chunks().to_batches()[0]
    book, steps = Book(Tally()), make_screening(settings).steps
    contract(batch.schema, steps)
    for step in steps:
        batch = step(batch, book)
    found: dict[str, dict[str, int]] = {}
    for key, counts in book.tally:
        if key.stage == "quality":
            found.setdefault(key.source, {})[key.outcome] = counts.docs
    return found


@pytest.mark.parametrize(("web", "books"), [(None, "gopher"), ("c4", None), ("gopher", "off"), ("off", "c4")])
def test_each_source_is_judged_as_if_alone(web: str | None, books: str | None) -> None:
    together = booked(two(web, books), ["web", "books"])
    for source, profile in (("web", web), ("books", books)):
        alone = config(
            input=[{"source": source, "files": "a.jsonl"}],
            languages=["en"], language={"min_score": 0}, quality={"profile": profile or "fineweb2"},
        )  # fmt: skip
        assert together[source] == booked(alone, [source])[source]


def test_profiles_differ_on_these_texts() -> None:
    together = booked(two(None, "off"), ["web", "books"])
    assert together["books"] == {"kept": len(TEXTS)}
    assert together["web"].get("kept", 0) < len(TEXTS)


def test_a_run_without_a_profile_may_have_sources_with_one() -> None:
    together = booked(two(None, "gopher", profile="off"), ["web", "books"])
    assert together["web"] == {"kept": len(TEXTS)}
    assert together["books"].get("kept", 0) < len(TEXTS)


def test_word_lists_are_each_profiles_own(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("languages:\n  en:\n    stop_words: [mill, river]\n    q_stop_words: {at_least: 2}\n")
    found = load_profiles(
        QualitySection(profile="gopher"),
        [Source("web", "w.jsonl"), Source("books", "b.jsonl", profile=str(path))],
        ("en",),
    )
    assert found.measure
    batch = pa.Table.from_batches([documents(["mill river the of", "the"], source=name) for name in ("web", "books")])
    batch = batch.combine_chunks().to_batches()[0]
    batch = batch.append_column("lang", pa.array(["en"] * 4).dictionary_encode())
    names = [field.name for field in found.measure.adds]
    assert found.measure(batch)[names.index("q_stop_words")].to_pylist() == [2, 1, 2, 0]


def test_overrides_change_the_runs_own_profile_alone() -> None:
    settings = two(None, "fineweb2", profile="fineweb2", overrides={"en": {"n_words": {"at_least": 7}}})
    [rule] = [
        rule for rule in load_profiles(settings.quality, settings.input, ("en",)).rules if rule.signal == "n_words"
    ]
    assert rule.of("web", "en").at_least == 7
    assert rule.of("books", "en").at_least == 50


def test_without_a_profile_of_its_own_nothing_changes() -> None:
    settings = config()
    profile = load_profile(settings.quality, settings.wanted)
    assert profile
    assert load_profiles(settings.quality, settings.input, settings.wanted).rules == profile.rules


def test_an_unknown_profile_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"^input\.1\.profile: no profile 'gofer'; did you mean gopher\?$"):
        make_screening(two(None, "gofer"))


def test_headroom_is_to_the_sources_own_bounds() -> None:
    rule = Within("n_chars", {"en": Bounds(10, None)}, {"books": {"en": Bounds(40, None)}, "notes": {}})
    rows = [documents(["x" * 50], source=name) for name in ("web", "books", "notes")]
    batch = pa.Table.from_batches(rows).combine_chunks().to_batches()[0]
    batch = batch.append_column("lang", pa.array(["en"] * 3).dictionary_encode())
    [quality] = Headroom((rule,))(batch)
    assert quality.to_pylist() == pytest.approx([0.8, 0.2, 1])
    assert rule(batch).null_count == 3
    assert rule.reads == ("n_chars", "lang", "source")
    assert Judge("quality", (rule,)).reads == rule.reads


def test_plan_shows_profiles_and_thresholds_name_sources(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    plan = make_plan(
        load_config(
            "configs/sample.yaml",
            [
                "input=[{source: web, files: tests/data/corpus/en.jsonl.gz},"
                " {source: books, files: tests/data/corpus/de.jsonl.gz, profile: gopher}]"
            ],
        )
    )
    Console(width=160).print(outline(plan))
    shown = capsys.readouterr().out
    assert "profile" in shown
    assert "gopher" in shown
    rows = plan.thresholds.to_pylist()
    found = {(row["signal"], row["source"]): row["at_least"] for row in rows if row["lang"] == "en"}
    assert found["q_terminal_lines_ratio", None] == 0.12
    assert found["q_terminal_lines_ratio", "books"] is None
    other = make_plan(
        load_config("configs/sample.yaml", ["input=[{source: web, files: tests/data/corpus/en.jsonl.gz}]"])
    )
    assert other.digest != plan.digest
    assert other.profile_digest != plan.profile_digest
