"""Rank files give the ids that tiktoken gives, whatever the ranks are."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from babelmill.transforms.errors import ConfigError
from babelmill.transforms.tokens import ranks as module
from babelmill.transforms.tokens.bpe import fast
from babelmill.transforms.tokens.bpe.fast import FastEncoder
from babelmill.transforms.tokens.bpe.model import read_model
from babelmill.transforms.tokens.bpe.tables import Tables, make_tables
from babelmill.transforms.tokens.encoder import FAST, load_encoder
from babelmill.transforms.tokens.named_patterns import PATTERNS
from babelmill.transforms.tokens.ranks import Published, published, read_ranks, tokenizer_of_ranks
from babelmill.transforms.tokens.reference import load_tokenizer
from babelmill.transforms.tokens.tokenizer import TokenizerSource, identify_tokenizer
from tests.plain import encode_by_rank

BYTES = [bytes([byte]) for byte in range(256)]
TOKENS = [*BYTES, b"ab", b"bc", b"abc", b"abcd", b" a", b"aa", b"aaa", b"aaaa", "的".encode(), b"zzz", b"  ", b"bcab"]
"""`zzz` is one that no merge leads to: only a whole piece can be it."""
RANKS = {token: rank for rank, token in enumerate(TOKENS)}
BELOW_ITS_PARTS = {token: rank for rank, token in enumerate([*BYTES, b"abc", b"bc"])}
RUNS = r"\S+|\s+"


def written(ranks: dict[bytes, int]) -> bytes:
    return b"".join(base64.b64encode(token) + f" {rank}\n".encode() for token, rank in ranks.items())


def loaded(setting: dict[str, Any]) -> Tokenizer:
    """Return what `tokenizers` makes of a file's content, for text as text."""
    tokenizer = Tokenizer.from_str(orjson.dumps(setting).decode())
    tokenizer.encode_special_tokens = True
    return tokenizer


@st.composite
def rank_files(draw: st.DrawFn) -> dict[bytes, int]:
    """The 256 bytes and tokens of few letters, many of which rank below their parts; ids leave gaps."""
    letters = "abcd"[: draw(st.integers(2, 4))]
    tokens = draw(st.lists(st.text(letters, min_size=2, max_size=7), unique=True, min_size=1, max_size=40))
    spelled = [token.encode() for token in tokens]
    order = [*BYTES, *spelled] if draw(st.booleans()) else [*spelled, *BYTES]
    step = draw(st.integers(1, 3))
    return {token: rank * step for rank, token in enumerate(order)}


@pytest.fixture(scope="module")
def tables() -> Tables:
    """All that the fast encoder knows of one rank file: to ask `tokenizers` of every character anew takes too long."""
    return make_tables(orjson.dumps(tokenizer_of_ranks(RANKS, RUNS, {})))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made") / "tokenizer.json"


@settings(max_examples=250)
@given(rank_files(), st.lists(st.text("abcd", min_size=1, max_size=40), min_size=1, max_size=6))
def test_the_ids_are_tiktokens_for_every_rank_file(
    made: Path, tables: Tables, ranks: dict[bytes, int], texts: list[str]
) -> None:
    """By `tokenizers`, and by the fast encoder: short words one by one, and a long one that takes the heap."""
    setting = tokenizer_of_ranks(read_ranks(written(ranks)), RUNS, {})
    texts = [*texts, "".join(texts) * 3]
    expected = [encode_by_rank(text.encode(), ranks) for text in texts]
    tokenizer = loaded(setting)
    assert [tokenizer.encode(text).ids for text in texts] == expected
    made.write_bytes(orjson.dumps(setting))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "load_tables", lambda content: tables._replace(model=read_model(setting["model"])))
        encoder = FastEncoder(str(made), tokenizer)
    assert [encoder.encode(pa.array([text])).flat.tolist() for text in texts] == expected


def test_a_token_that_ranks_below_its_parts() -> None:
    """`abc` is made of `a` and `bc`, though its rank is the lower one."""
    setting = tokenizer_of_ranks(BELOW_ITS_PARTS, RUNS, {})
    assert loaded(setting).encode("xabc abc").ids == [120, 256, 32, 256]
    assert setting["model"]["merges"] == ["a bc", "b c"]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> TokenizerSource:
    """A rank file whose pieces are runs of what is no space, and of spaces."""
    path = tmp_path_factory.mktemp("ranks") / "small.tiktoken"
    path.write_bytes(written(RANKS))
    return TokenizerSource(ranks=str(path), pattern=RUNS, special={"<|the end|>": 300})


@settings(max_examples=200)
@given(st.lists(st.text("abcdz的", min_size=1, max_size=20), min_size=1, max_size=5), st.integers(1, 3))
def test_pieces_of_a_text(source: TokenizerSource, words: list[str], spaces: int) -> None:
    encoder = load_encoder(source.resolve())
    expected = encode_by_rank(words[0].encode(), RANKS)
    for word in words[1:]:
        expected += encode_by_rank(b" " * spaces, RANKS) + encode_by_rank(word.encode(), RANKS)
    assert encoder.encode(pa.array([(" " * spaces).join(words)])).flat.tolist() == expected
    assert encoder.engine == FAST


def test_control_tokens_are_text(source: TokenizerSource) -> None:
    found = load_encoder(source.resolve()).encode(pa.array(["<|the end|>"])).flat.tolist()
    assert found == [RANKS[bytes([byte])] for byte in b"<|the end|>"]
    assert load_tokenizer(source.resolve()).token_to_id("<|the end|>") == 300


def test_control_tokens_that_are_whole_pieces_are_text() -> None:
    ranks = {token: rank for rank, token in enumerate([*BYTES, b"ab"])}
    found = loaded(tokenizer_of_ranks(ranks, RUNS, {"<|end|>": 900, "ab>": 400}))
    assert {number: token.content for number, token in found.get_added_tokens_decoder().items()} == {
        400: "ab>", 900: "<|end|>",
    }  # fmt: skip
    for text in ("<|end|>", "ab>", "x <|end|> ab>"):
        assert set(found.encode(text).ids) & {400, 900} == set()
        assert found.decode(found.encode(text).ids) == text


@pytest.mark.parametrize(
    ("special", "pattern", "refused"),
    [
        ("<|end|>", RUNS, True),
        ("<|end|>", "cl100k", False),
        ("END", "cl100k", True),
        ("1END", "cl100k", False),
        ("<|end|>", r"<\|end\|>(?= )|[\s\S]", True),
        ("<|the end|>", RUNS, False),
        ("Ġend", r" ?\w+", True),
        ("éa", RUNS, False),
    ],
)
def test_where_whole_pieces_are_tokens_no_control_token_may_be_one(special: str, pattern: str, refused: bool) -> None:
    if refused:
        with pytest.raises(ValueError, match=r"would come of text: .* such as .*, come of whole pieces alone"):
            tokenizer_of_ranks(RANKS, pattern, {special: 300})
        return
    found = loaded(tokenizer_of_ranks(RANKS, pattern, {special: 300}))
    assert found.token_to_id(special) == 300
    assert all(300 not in found.encode(text).ids for text in (special, f"a {special} b", f"a{special}a"))


def test_identity(source: TokenizerSource) -> None:
    found = identify_tokenizer(source.resolve())
    assert found.vocab_size == len(TOKENS) + 1
    assert found.footer == {
        "tokenizer_sha256": Path(source.resolve()).stem, "tokenizer_vocab_size": "269",
        "tokenizer_special_tokens": "text", "tokenizer_end_of_document": "none", "tokenizer_unknown": "never",
    }  # fmt: skip


@pytest.mark.parametrize("name", PATTERNS)
def test_named_patterns(name: str) -> None:
    setting = tokenizer_of_ranks(RANKS, name, {})
    assert setting == tokenizer_of_ranks(RANKS, name, {}) == tokenizer_of_ranks(RANKS, PATTERNS[name], {})
    assert setting["pre_tokenizer"]["pretokenizers"][0]["pattern"] == {"Regex": PATTERNS[name]}


def test_no_pattern() -> None:
    with pytest.raises(ValueError, match="did you mean cl100k?"):
        tokenizer_of_ranks(RANKS, "cl100", {})


def test_published_files_are_known_by_their_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    content = written(RANKS)
    assert published(content) is None
    known = Published("gpt2", {"<|endoftext|>": 300})
    monkeypatch.setattr(module, "_PUBLISHED", {hashlib.sha256(content).hexdigest(): known})
    assert published(content) == known
    assert published(content + b"\n") is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no token for the byte 0"),
        (written(RANKS).replace(b"/w== 255\n", b""), "no token for the byte 255"),
        (b"IQ== 0 1\n", "line 1 is no new token"),
        (b"IQ== 0\nI! 1\n", "line 2 is no new token"),
        (b"IQ== 0\nIQ== 1\n", "line 2 is no new token"),
        (b" 0\n", "line 1 is no new token"),
        (b"IQ== x\n", "line 1 is no new token"),
        (b"\xff\xfe\x00", "line 1 is no new token"),
        (b"IQ== 0\nIg== 0\n", "two tokens have one rank"),
        (b"IQ== -1\n", "or one has none"),
        (b"IQ== 4294967296\n", "or one has none of 32 bits"),
    ],
)
def test_no_rank_file(content: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=why):
        read_ranks(content)
    path = tmp_path / "x.tiktoken"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=f"tokens.tokenizer.ranks: .* is no rank file: .*{why}"):
        TokenizerSource(ranks=str(path), pattern="gpt2").resolve()


@pytest.mark.parametrize(
    ("special", "why"),
    [
        ({"<|end|>": 5}, "the id 5 of a control token is another token's"),
        ({"<|a|>": 300, "<|b|>": 300}, "the id 300 of a control token is another token's"),
        ({"abcd": 300}, "the control token 'abcd' is spelled like the file's token 259"),
        ({"Ġa": 300}, "the control token 'Ġa' is spelled like the file's token 260"),
    ],
)
def test_control_tokens_that_are_others(special: dict[str, int], why: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=why):
        tokenizer_of_ranks(RANKS, "gpt2", special)
    path = tmp_path / "x.tiktoken"
    path.write_bytes(written(RANKS))
    with pytest.raises(ConfigError, match=f"^tokens.tokenizer.special: {why}"):
        TokenizerSource(ranks=str(path), pattern="gpt2", special=special).resolve()
