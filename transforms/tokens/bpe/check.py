"""Is the fast encoder right? Tricky texts when a tokenizer is loaded, and a sample of every batch afterwards.

A tokenizer may mean something else than what we read in its file: a `{1,3}+` that is not possessive, a letter of a
newer Unicode version. So nothing is believed that the reference has not confirmed on this machine, with the same code.
"""

import random
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from tokenizers import Tokenizer

from babelmill.transforms.kernels.buffers import string_buffers
from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.kernels.hashing import ROLL, mix64
from babelmill.transforms.tokens import reference
from babelmill.transforms.tokens.bpe.fast import FastEncoder
from babelmill.transforms.tokens.ids import Ids

__all__ = ["audit", "first_difference", "tricky_texts"]

_RATE = 1000
"""One document in so many, which costs 3 % where the reference is 30 times slower."""
_SEEN_BYTES = 1 << 12
"""What of a longer document the audit looks at: the reference's time grows faster than a word's length."""
_HASHED_BYTES = 256

_PROSE = (
    "I'm sure you're right, they'VE said: DON'T! He'd've 'S 'ſ it’s I'LL\r\n\r\n  x \t\n  y\n\n\n  z   ",
    "1 12 123 1234 12345 123456 1234567 12345678 123456789 1,234.5 2024-01-31T23:59:59Z ٣٤٥٦ १२३४ ⅧⅨ ½²³ 一二三四五",
    "中文，测试。繁體中文「引號」日本語カナひらがな々〆ー｜한국어 조선말 русский Ёж українська ελληνικά",
    "עברית العَرَبِيَّة فارسی हिन्दी क्षत्रिय বাংলা ไทย ภาษา ລາວ မြန်မာ ខ្មែរ አማርኛ ქართული հայերեն",
    "Tiếng Việt Türkçe İıŞş straße ǅ ŉ ﬁ ﬆ ™©® €$£ ∑∫√ ←→ \u200d\u200b\ufeff\u00ad",
    "e\u0301 Å \u0344 \u0958 \u1100\u1161\u11a8 \uac00\u11a8 \u0f71\u0f72 q\u0307\u0323 \u0301start",
    "👩\u200d🚀👨\u200d👩\u200d👧🇩🇪🏳️\u200d🌈 😀😀😀 \0\x01\x7f\x85\u00a0\u2028\u2029\u3000",
    "\U0001d4b3 \U00020000 \U000e0001 \U0010ffff",
    "https://example.org/a/b?c=d&e=%20#f user@example.org C:\\dir\\file.txt snake_case camelCase XMLHttpRequest",
    "def f(x):\n\treturn x ** 2  # comment\n\n\nclass A:\n    pass\n\r\n</div><!-- x -->{}[]();;;===>>>\t\t\t|",
    *(
        " leading",
        "trailing ",
        "\n",
        " ",
        "  ",
        "\t",
        "a",
        "é",
        "的",
        "😀",
        "\u0301",
        "'",
        "''s",
        "'s's",
        " 's",
        "\r",
        "\n \n",
    ),
)
_RUNS = "1٣Ⅷ²aAéªʰǅ的ア々가ก\u0301\u0903-!€'/ \t\n\r\u3000\u00a0\0😀"
_BETWEEN = (" ", "x", ".", "\n", "7", "的")
_POOL = (
    " \t\r\n'sStTrReEvVmMlLdDaAzZ019.,!-_/<|>中的日あアー가힣ДдЁeéß"
    "\u0301\u0345\u00a0\u3000ſK²Ⅷªʰ\u0640\u200d😀𝒳\u05d0\u0e01"
)
_NEW_IN_UNICODE = (0x08C8, 0x0D4E, 0x1C89, 0x1DFA, 0x2FFC, 0xA7CB, 0xA7F1, 0x1133E, 0x11F00, 0x1E4D0, 0x2EBF0, 0x31350)
"""Letters, marks and symbols that came with Unicode 7 to 17: engines differ in what these are."""
_BLOCKS = (
    range(0x20, 0x250), range(0x300, 0x2100), range(0x2100, 0xD7FF), range(0xE000, 0xFFFF), range(0x10000, 0x1FAFF)
)  # fmt: skip


def tricky_texts(added: Iterable[str]) -> list[str]:
    """Return texts on which wrong encoders differ, the same ones every time; each added token is in one."""
    chance = random.Random(0)
    texts = [*_PROSE, " ".join(chr(point) + "a" for point in _NEW_IN_UNICODE), "a" * 500, " " * 300 + "x", "的" * 300]
    # Runs of every length tell {1,3} from {1,3}+ and show what a run does to what stands behind it.
    for char in _RUNS:
        runs = [char * size for size in range(1, 14)]
        texts += [between.join(runs) + f"{between}b {char}" for between in _BETWEEN]
    texts += ["".join(chance.choices(_POOL, k=200)) for _ in range(60)]
    for _ in range(40):
        points = (chance.choice(chance.choice(_BLOCKS)) for _ in range(120))
        texts.append("".join(chr(point) + chance.choice(("", " ", "\n", "a")) for point in points))
    texts += [f"a{token}b {token} {token}{token}\n{token[:-1]} {token[1:]}" for token in added]
    return texts


def first_difference(fast: FastEncoder, tokenizer: Tokenizer, texts: list[str]) -> str | None:
    """Return the first text that the two encode differently, or None."""
    column = pa.array(texts, pa.string())
    found, right = fast.encode(column), reference.encode(tokenizer, column)
    return next((text for i, text in enumerate(texts) if not np.array_equal(found.row(i), right.row(i))), None)


def audit(fast: FastEncoder, tokenizer: Tokenizer, text: pa.Array, found: Ids) -> str | None:
    """Compare the ids of some documents of a batch with the reference's.

    Documents are chosen by the hash of their text, so that a rerun chooses the same: one in a thousand, and the one
    with the smallest hash of every batch. Of one longer than 4 kB a window is looked at, as if it were a document.

    Returns:
        The first text that differs, or None.
    """
    data, offsets = string_buffers(text)
    hashes = np.empty(len(text), np.uint64)
    _hash(data, offsets, hashes)
    chosen = np.flatnonzero((hashes < np.uint64((1 << 64) // _RATE)) | (hashes == hashes.min(initial=(1 << 64) - 1)))
    parts = []
    for i in chosen.tolist():
        start, end = int(offsets[i]), int(offsets[i + 1])
        if end - start > _SEEN_BYTES:
            start += int(hashes[i]) % (end - start - _SEEN_BYTES)
            # Characters that are cut by the window's ends are left out.
            parts.append(bytes(data[start : start + _SEEN_BYTES]).decode(errors="ignore"))
            continue
        whole = bytes(data[start:end]).decode()
        if not np.array_equal(found.row(i), tokenizer.encode(whole, add_special_tokens=False).ids):
            return whole
    return first_difference(fast, tokenizer, parts)


@kernel
def _hash(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int32], out: npt.NDArray[np.uint64]) -> None:
    """Hash the first bytes and the length of every text."""
    for i in range(len(out)):
        h = np.uint64(offsets[i + 1] - offsets[i])
        for j in range(offsets[i], min(offsets[i + 1], offsets[i] + _HASHED_BYTES)):
            h = h * ROLL + np.uint64(data[j]) + np.uint64(1)
        out[i] = mix64(h)
