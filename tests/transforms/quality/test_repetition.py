"""Repetition against its definition, on words of which most are repeated."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from babelmill.transforms.quality.repetition import repeated_ngrams
from tests.transforms.quality.test_signals import repeated_ngrams as plain_repeated
from tests.transforms.quality.test_signals import top_ngram

WORDS = st.lists(st.sampled_from(["a", "bb", "ccc", "dd"]), max_size=14).flatmap(
    lambda part: st.lists(st.sampled_from([part, ["x"], ["yy", "a"], part[::-1]]), max_size=6).map(
        lambda parts: [word for some in parts for word in some]
    )
)


@given(st.lists(WORDS, max_size=4))
def test_like_the_definition(documents: list[list[str]]) -> None:
    words = [word for document in documents for word in document]
    hashes = np.array([hash(word) % (1 << 62) for word in words], np.uint64)
    chars = np.array([len(word) for word in words], np.int32)
    ends = np.cumsum([0, *map(len, documents)], dtype=np.int64)
    found = np.empty((len(documents), 9), np.int64)
    repeated_ngrams(hashes, chars, np.stack([ends[:-1], ends[1:]], axis=1), found)
    for document, row in zip(documents, found.tolist(), strict=True):
        expected = [top_ngram(document, n) for n in (2, 3, 4)] + [plain_repeated(document, n) for n in range(5, 11)]
        assert row == expected
