"""Numbers as people write them: what is read, what is refused, and that what we write ourselves can be read."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.formatting.quantities import quantity
from babelmill.pipeline.formatting.sizes import parse_count, parse_share, parse_size
from babelmill.transforms.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4096", 4096),
        ("180TB", 180e12),
        ("1.5 GiB", 1.5 * 2**30),
        ("256M", 256e6),
        ("256Mi", 256 * 2**20),
        ("12 kb", 12e3),
        ("10_000B", 1e4),
        ("1e6", 1e6),
        (" 2 PiB ", 2 * 2**50),
        ("0.5k", 500),
    ],
)
def test_sizes(text: str, size: float) -> None:
    assert parse_size("key", text) == size


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("10T", 10**13),
        ("1.5B", 1_500_000_000),
        ("1.5G", 1_500_000_000),
        ("200k", 200_000),
        ("3 M", 3_000_000),
        ("10_000_000_000", 10**10),
        ("10e12", 10**13),
        ("0", 0),
        ("100000000000000001", 10**17 + 1),
    ],
)
def test_counts(text: str, count: int) -> None:
    found = parse_count("key", text)
    assert found == count
    assert isinstance(found, int)


@pytest.mark.parametrize(
    ("text", "share"), [("5%", 0.05), ("0.5 %", 0.005), ("100%", 1), ("0%", 0), ("7%", 0.07), ("0.25", 0.25)]
)
def test_shares(text: str, share: float) -> None:
    assert parse_share("key", text) == share


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        *(
            (parse_size, text)
            for text in ("", "MiB", "1QB", "-4", "1 MB x", "0", "0B", "1..5", "_5", "5__0", "1eGB", "٣MB", "1e999")
        ),
        *(
            (parse_count, text)
            for text in ("", "k", "1.5", "1.0005k", "-1", "5%", "10 TB", "1e3k5", "0x10", "٣", "1e999")
        ),
        *((parse_share, text) for text in ("", "%", "101%", "1.5", "-5%", "5 % x", "5%%", "five%", "٣%")),
    ],
)
def test_what_is_none_is_refused_with_its_key(parse: Callable[[str, str], float], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse("some.key", text)
    assert caught.value.key == "some.key"
    assert repr(text) in str(caught.value)


@given(st.integers(0, 10**15))
def test_what_we_write_is_read(number: int) -> None:
    assert parse_count("", f"{number:_}") == parse_count("", str(number)) == number
    assert parse_count("", quantity(number)) == pytest.approx(number, rel=0.006)
    if number:
        assert parse_size("", quantity(number, "B")) == pytest.approx(number, rel=0.006)


@given(st.integers(0, 10_000))
def test_per_cent_is_the_float_that_is_written_out(part: int) -> None:
    assert parse_share("", f"{part / 100:.2f}%") == float(f"{part / 10_000:.4f}")
