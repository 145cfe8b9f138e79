"""Texts to try encoders on."""

from hypothesis import strategies as st

__all__ = ["TEXTS"]

_MIXED = st.sampled_from(
    " \t\r\n'sStTrReEvVmMlLdDaAzZ0179.,!-_/<|>中的日あアー가힣ДдЁeéß\u0640"
    "\u0301\u0345\u0323\u00a0\u3000ſK²Ⅷª\u200d😀𝒳\u0e01\u0e34\u1100\u1161"
)
_ANY = st.characters(exclude_categories=["Cs"])
_RUNS = st.builds(lambda char, size: char * size, st.one_of(_MIXED, _ANY), st.integers(1, 40))
TEXTS = st.one_of(
    st.text(_MIXED, max_size=80),
    st.text(_ANY, max_size=40),
    st.lists(st.one_of(_RUNS, st.text(_MIXED, max_size=8)), max_size=8).map("".join),
)
"""Text of all scripts, with runs of one character and with what tokenizers treat apart."""
