"""A rank file as merges gives the ids that the ranks themselves give."""

from base64 import b64encode
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.errors import ConfigError
from transforms.tokens.vocabulary.audit import audit
from transforms.tokens.vocabulary.base import as_bytes, engine, read_base
from transforms.tokens.vocabulary.ranks import as_characters, from_ranks

BYTES = [bytes([byte]) for byte in range(256)]
WORDS = r"\p{L}+|\P{L}+"


def rank_file(tokens: list[bytes]) -> bytes:
    return b"\n".join(b64encode(token) + b" %d" % rank for rank, token in enumerate(tokens))


def plain(word: bytes, ranks: dict[bytes, int]) -> list[int]:
    """Encode a piece of text as tiktoken does: whole if it is a token, else the lowest rank first, leftmost."""
    if word in ranks:
        return [ranks[word]]
    parts = [bytes([byte]) for byte in word]
    while True:
        joint = [(ranks[a + b], i) for i, (a, b) in enumerate(zip(parts, parts[1:], strict=False)) if a + b in ranks]
        if not joint:
            return [ranks[part] for part in parts]
        _, i = min(joint)
        parts[i : i + 2] = [parts[i] + parts[i + 1]]


@given(
    st.lists(st.text("abc", min_size=2, max_size=5), unique=True, max_size=25),
    st.lists(st.text("abcd", min_size=1, max_size=12), max_size=6),
)
def test_ids_are_those_of_the_ranks(tokens: list[str], texts: list[str]) -> None:
    content = rank_file(BYTES + [token.encode() for token in tokens])
    ranks = {token: rank for rank, token in enumerate(BYTES + [token.encode() for token in tokens])}
    tokenizer = engine(from_ranks(content, "ranks", WORDS))
    assert [tokenizer.encode(text).ids for text in texts] == [plain(text.encode(), ranks) for text in texts]


def test_the_end_of_text_comes_behind_the_ranks() -> None:
    setting = from_ranks(rank_file([*BYTES, b"ab"]), "ranks", WORDS)
    tokenizer = engine(setting)
    assert tokenizer.token_to_id("<|endoftext|>") == 257
    assert 257 not in tokenizer.encode("<|endoftext|>").ids
    assert not audit(setting).dead


def test_all_bytes_have_characters_of_their_own() -> None:
    assert [as_bytes(as_characters(byte)) for byte in BYTES] == BYTES
    assert as_characters(" é\n".encode()) == "ĠÃ©Ċ"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello", "line 1 is neither of a tokenizer.json nor of a rank file"),
        (b"", "the byte 0 has no token"),
        (rank_file(BYTES)[:-1] + b"x", "line 256 is neither"),
        (rank_file(BYTES[1:]), "the byte 0 has no token"),
        (rank_file(BYTES) + b"\nYWI= 7", "a rank is below 0 or stands twice"),
        (rank_file(BYTES) + b"\nYWI= -1", "a rank is below 0 or stands twice"),
        (rank_file(BYTES) + b"\nYWI 300", "line 257 is neither"),
        (b"\xff\xfe\x00", "line 1 is neither"),
    ],
)
def test_no_rank_file(content: bytes, message: str) -> None:
    with pytest.raises(ConfigError, match=f"^base: somewhere.*{message}"):
        from_ranks(content, "somewhere", WORDS)


def test_an_unknown_file_needs_a_pattern() -> None:
    with pytest.raises(ConfigError, match="^pattern: the regex by which the tokenizer of somewhere cuts text"):
        from_ranks(rank_file(BYTES), "somewhere")


def test_read_base_knows_a_rank_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("ranks") / "x.tiktoken"
    path.write_bytes(rank_file([*BYTES, b"ab"]))
    vocab = read_base(str(path), WORDS)["model"]["vocab"]
    assert list(islice(vocab.items(), 256, None)) == [("ab", 256), ("<|endoftext|>", 257)]
