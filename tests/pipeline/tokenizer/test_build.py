"""Building a tokenizer from a run and from files, and the commands that do it."""

import json
from base64 import b64encode
from itertools import accumulate
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from click.testing import Result
from tokenizers import Regex, Tokenizer
from tokenizers.pre_tokenizers import Split
from typer.testing import CliRunner

from babelmill.pipeline import cli
from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.job.plan import make_plan
from babelmill.pipeline.runners.local import execute, prepare
from babelmill.pipeline.tokenizer.build import Recipe, build, columns_of_run
from babelmill.transforms.errors import ConfigError, DamageError, LawError
from babelmill.transforms.tokens.named_patterns import PATTERNS
from babelmill.transforms.tokens.train.audit import Audit, Growth, Rate, audit
from tests.transforms.tokens.train.bases import small_base

TEXT = "They'RE 12345 HTMLParser's cl100k  <|x|>/\n\n  y"
CONFIG = """\
name: small
input: [{{source: docs, files: ["{corpus}/zh.jsonl.gz", "{corpus}/sv.jsonl.gz", "{corpus}/ru.jsonl.gz"]}}]
output: {output}
languages: [zh, sv, ru]
quality: off
tokens: {{tokenizer: {{path: {base}}}}}
shards: {{target_bytes: 65536}}
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what is timed, and most of Unicode."""
    monkeypatch.setattr("babelmill.transforms.tokens.train.audit._POINTS", range(0x600))
    monkeypatch.setattr(
        "babelmill.pipeline.tokenizer.build.growth", lambda tokenizer: [Growth("one letter", 1 << 20, 0.5, 1.1)]
    )
    monkeypatch.setattr(
        "babelmill.transforms.tokens.train.audit.growth", lambda tokenizer: [Growth("one letter", 1 << 20, 0.5, 1.4)]
    )


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("base") / "base.json"
    path.write_text(json.dumps(small_base()))
    return path


@pytest.fixture(scope="module")
def run(corpus: Path, base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "c.yaml").write_text(CONFIG.format(corpus=corpus, output=folder / "out", base=base))
    plan = make_plan(load_config(str(folder / "c.yaml")))
    prepare(plan)
    execute(plan)
    return folder / "out"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["tokenizer", *arguments])


def texts(columns: dict[str, Any]) -> dict[str, list[str]]:
    return {lang: sorted(text for column in some for text in column.to_pylist()) for lang, some in columns.items()}


def test_build_from_a_run(run: Path, base: Path, tmp_path: Path) -> None:
    target = tmp_path / "mine.json"
    built = call("build", str(run), "--base", str(base), "--size", "900", "--out", str(target))
    assert built.exit_code == 0, built.output
    for expected in ("zh Chinese", "0 unreachable tokens", "900 tokens, 0 gaps", str(target)):
        assert expected in built.stdout
    assert Tokenizer.from_file(str(target)).get_vocab_size() == 900

    account = orjson.loads((tmp_path / "mine.report.json").read_bytes())
    assert account["sha256"] in built.stdout
    assert list(account["languages"]) == ["ru", "sv", "zh"]
    assert account["languages"]["zh"]["gain"] > 0.1
    assert all(one["gain"] >= 0 for one in account["languages"].values())
    assert account["learned"]["chinese"]["tokens"] == account["learned"]["others"]["tokens"] == 199
    assert account["audit"]["dead"] == {}

    again = tmp_path / "again.json"
    told = call("build", str(run), "--base", str(base), "--size", "900", "--out", str(again), "--json")
    assert again.read_bytes() == target.read_bytes()
    assert json.loads(told.stdout)["sha256"] == account["sha256"]

    checked = call("audit", str(target))
    assert checked.exit_code == 0
    assert "n^1.40, more than linear" in checked.stdout


def test_the_seed_and_the_share_choose(run: Path, base: Path) -> None:
    def content(**changes: int) -> bytes:
        recipe = Recipe(str(base), 600, sample_bytes=20_000)._replace(**changes)
        return build(recipe, columns_of_run(open_output(str(run)), recipe)).content

    assert content() == content()
    assert len({content(), content(seed=1), content(chinese=20)}) == 3


def test_all_texts_of_a_run_are_found_once(run: Path, base: Path) -> None:
    found = texts(columns_of_run(open_output(str(run)), Recipe(str(base))))
    totals = open_output(str(run)).manifest.totals
    assert sum(map(len, found.values())) == totals.documents
    assert sum(len(text.encode()) for some in found.values() for text in some) == totals.text_bytes


def test_no_more_of_a_run_is_read_than_enough(run: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("babelmill.pipeline.tokenizer.build._HELD_BYTES", 0)
    all_of_it = texts(columns_of_run(open_output(str(run)), Recipe(str(base))))
    some = texts(columns_of_run(open_output(str(run)), Recipe(str(base), sample_bytes=1000)))
    assert all(0 < len(some[lang]) < len(all_of_it[lang]) for lang in all_of_it)


def test_build_from_files(corpus: Path, base: Path, tmp_path: Path) -> None:
    files = [f"--files=zh={corpus}/zh.jsonl.gz", f"--files=sv={corpus}/sv.jsonl.gz", f"--files=da={corpus}/da.parquet"]
    built = call("build", *files, "--base", str(base), "--size", "700", "--out", str(tmp_path / "x.json"))
    assert built.exit_code == 0, built.output
    assert "3 languages sampled" in built.stdout


def test_held_out_text_is_not_learned(base: Path) -> None:
    many = [f"鼠{number} 牛{number % 7}" for number in range(300)]
    other = pa.array(["hello there"] * 5)
    found = build(Recipe(str(base), 520), {"zh": [pa.array(many)], "en": [other]}).languages["zh"]
    assert found.learned_docs + found.held_docs == 300
    assert found.held_docs > 10


@pytest.fixture(scope="module")
def ranks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rank file: the 256 bytes, and a token that ranks below its part."""
    path = tmp_path_factory.mktemp("base") / "small.tiktoken"
    tokens = [*(bytes([byte]) for byte in range(256)), b"the", b"he"]
    path.write_bytes(b"".join(b64encode(token) + b" %d\n" % rank for rank, token in enumerate(tokens)))
    return path


@pytest.mark.parametrize("pattern", [*PATTERNS, r"[\s\S]{1,9}"])
def test_build_from_a_rank_file(run: Path, ranks: Path, tmp_path: Path, pattern: str) -> None:
    target = tmp_path / "mine.json"
    recipe = ("--base", str(ranks), "--pattern", pattern)
    built = call("build", str(run), *recipe, "--size", "600", "--out", str(target))
    assert built.exit_code == 0, built.output
    assert "0 control tokens that come of text" in built.stdout
    grown = Tokenizer.from_file(str(target))
    pieces = [piece for piece, _ in Split(Regex(PATTERNS.get(pattern, pattern)), "isolated").pre_tokenize_str(TEXT)]
    assert [span for _, span in grown.pre_tokenizer.pre_tokenize_str(TEXT)] == [
        (end - len(piece), end) for piece, end in zip(pieces, accumulate(map(len, pieces)), strict=True)
    ]
    assert grown.encode("the").ids == [256]
    assert grown.encode("<|endoftext|>").ids == [258] == [grown.token_to_id("<|endoftext|>")]
    grown.encode_special_tokens = True
    assert 258 not in grown.encode("<|endoftext|>").ids
    for name in (str(target), str(ranks)):
        checked = call("audit", name, *(recipe[2:] if name == str(ranks) else ()))
        assert checked.exit_code == 0, checked.output


@pytest.mark.parametrize("command", ["build", "audit"])
@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("cl100", "pattern: 'cl100' is neither the name of a pattern nor a regex; did you mean cl100k?"),
        ("o200", "pattern: 'o200' is neither the name of a pattern nor a regex; did you mean o200k?"),
        ("(", "pattern: '(' is no regex: "),
        (None, "pattern: how the tokenizer of {ranks} cuts text is not known; give gpt2, cl100k, o200k, or a regex"),
    ],
)
def test_a_pattern_that_is_none(
    run: Path, ranks: Path, tmp_path: Path, command: str, pattern: str | None, message: str
) -> None:
    given = [] if pattern is None else [f"--pattern={pattern}"]
    where = [str(run), f"--base={ranks}", f"--out={tmp_path}/x.json"] if command == "build" else [str(ranks)]
    result = call(command, *where, *given)
    assert result.exit_code == 2
    assert result.stderr.startswith("babelmill: " + message.format(ranks=ranks))
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "x.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "RUN: give a finished run's folder, or --files, not both"),
        (["{run}", "--files=zh=x"], "RUN: give a finished run's folder, or --files, not both"),
        (["{run}/data"], "{run}/data is not a Babelmill run: it has no manifest.json"),
        (["--files=x"], "files: 'x' is not LANG=GLOB"),
        (["--files=zh="], "files: 'zh=' is not LANG=GLOB"),
        (["--files=zh=/none/*.jsonl"], "files: no file matches '/none/*.jsonl'"),
        (["--files=zh={base}.txt"], "files: no file matches"),
        (["--files=zh={corpus}/zh.jsonl.gz", "--text=content"], "text: no field 'content' in the first 100 records"),
        (["{run}", "--base=/none.json"], "base: no file '/none.json'"),
        (
            ["{run}", "--base=no-such-thing"],
            "base: no file 'no-such-thing', and no package: 'no-such-thing' is not installed; installed packages",
        ),
        (["{run}", "--base="], "base: no file '', and no package: '' is not installed; installed packages"),
        (["{run}", "--base={base}", "--size=502"], "size: 502 leaves no room"),
        (["{run}", "--base={base}", "--size=600", "--chinese=99"], "chinese: 99 is not between 0 and 98"),
        (["{run}", "--base={base}", "--size=900000"], "size: the text gives only"),
        (["{run}", "--base={base}", "--pattern=x"], "pattern: {base} is no rank file"),
        (["{run}", "--base={base}", "--size=600", "--out=x.txt"], "--out: x.txt does not end in .json"),
    ],
)
def test_wrong_recipes(arguments: list[str], message: str, run: Path, base: Path, corpus: Path, tmp_path: Path) -> None:
    parts = (part.format(run=run, base=base, corpus=corpus) for part in arguments)
    result = call("build", f"--out={tmp_path}/x.json", *parts)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("babelmill: " + message.format(run=run, base=base))
    assert not (tmp_path / "x.json").exists()


def test_an_unfinished_run(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "items.jsonl").touch()
    result = call("build", str(tmp_path))
    assert result.exit_code == 2
    assert "is an unfinished run" in result.stderr


@pytest.mark.parametrize(
    ("langs", "chinese", "who"),
    [
        (["en"], None, "98 .* on languages other than Chinese|49 .* on Chinese .* only text of en"),
        (["zh"], None, "49 tokens are to be learned on languages other than Chinese, but there is only text of zh"),
        (["zh"], 97, "1 tokens are to be learned on languages other than Chinese"),
        (["en"], 1, r"1 tokens are to be learned on Chinese \(zh\), but there is only text of en"),
        ([], None, "there is only text of no language"),
    ],
)
def test_a_group_without_text(base: Path, langs: list[str], chinese: int | None, who: str) -> None:
    with pytest.raises(ConfigError, match=f"^chinese: .*{who}"):
        build(Recipe(str(base), 600, chinese), {lang: [pa.array(["a b", "b c", "c d"])] for lang in langs})


def test_one_group_alone(base: Path) -> None:
    text = [pa.array([f"鼠牛虎 {number}" for number in range(60)])]
    assert build(Recipe(str(base), 504, 2), {"zh": text}).after.tokens == 504
    assert build(Recipe(str(base), 504, 0), {"en": text}).after.tokens == 504


def test_a_damaged_shard(run: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def truncated(path: str) -> Any:
        return pa.BufferReader(b"PAR1")

    output = open_output(str(run))
    monkeypatch.setattr("babelmill.pipeline.corpus.parquet_file.open_file", truncated)
    with pytest.raises(DamageError, match=r"data/lang=ru/part-.* cannot be read"):
        build(Recipe(str(base), 600), columns_of_run(output, Recipe(str(base))))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"tokens": 503}, "503 tokens and 0 gaps, 504 tokens and no gap are wanted"),
        ({"gaps": 1}, "504 tokens and 1 gaps"),
        ({"dead": {"x": 9}}, "1 tokens are dead that were not in the base, such as 'x'"),
        ({"broken": (65,)}, r"1 code points do not come back that did in the base, such as U\+0041"),
        ({"leaks": ("<|end|>",)}, r"the control token '<\|end\|>' comes of text"),
    ],
)
def test_a_broken_law_gives_no_tokenizer(
    base: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any], message: str
) -> None:
    def wrongly(setting: dict[str, Any]) -> Audit:
        return audit(setting)._replace(**(wrong if len(setting["model"]["vocab"]) > 502 else {}))

    monkeypatch.setattr("babelmill.pipeline.tokenizer.build.audit", wrongly)
    with pytest.raises(LawError, match=f"is wrong, and is not written: {message}"):
        build(Recipe(str(base), 504, 2), {"zh": [pa.array([f"鼠牛虎 {number}" for number in range(60)])]})


def test_a_language_that_gets_worse_gives_no_tokenizer(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = iter([Rate(90, 30, 60), Rate(90, 30, 61)])
    monkeypatch.setattr("babelmill.pipeline.tokenizer.build.rate", lambda tokenizer, texts: next(found))
    with pytest.raises(LawError, match="zh has 61 tokens on held-out text, 60 before"):
        build(Recipe(str(base), 504, 2), {"zh": [pa.array([f"鼠牛虎 {number}" for number in range(60)])]})


def test_audit_of_a_bad_tokenizer(tmp_path: Path) -> None:
    setting = small_base()
    setting["model"]["vocab"]["a b"] = 502
    (tmp_path / "bad.json").write_text(json.dumps(setting))
    result = call("audit", str(tmp_path / "bad.json"))
    assert result.exit_code == 1
    assert "1 unreachable tokens: 'a b'" in result.stdout
    assert "bad.json: 1 tokens are dead" in result.stderr
    assert json.loads(call("audit", str(tmp_path / "bad.json"), "--json").stdout)["dead"] == {"a b": 502}


@pytest.mark.parametrize("command", ["build", "audit"])
def test_help_has_an_example(command: str) -> None:
    shown = call(command, "--help")
    assert shown.exit_code == 0
    assert f"Example: babelmill tokenizer {command} " in " ".join(shown.stdout.split())
