"""Every page is found, and a checksum is right exactly where the page's bytes are."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from babelmill.pipeline.corpus.pages import Page, read_pages
from babelmill.transforms.read.footer import chunks_of, read_footer


def written(rows: int = 5_000, **options: object) -> bytes:
    numbers = np.random.default_rng(0).integers(0, 50, rows)
    table = pa.table({"text": [f"t{n}" * 9 for n in numbers], "n": numbers, "ids": [[n, n + 1] for n in numbers]})
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=2_000, data_page_size=2_000, **options)
    return sink.getvalue()


def found(content: bytes, whole: bytes | None = None) -> list[Page]:
    """Return the pages of a file, found by the footer of another."""
    return list(read_pages(io.BytesIO(content), chunks_of(read_footer(io.BytesIO(whole or content), 1 << 20))))


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("compression", ["zstd", "none", "gzip"])
@pytest.mark.parametrize("statistics", [True, False])
def test_every_byte_of_every_chunk_is_a_header_or_a_page(version: str, compression: str, statistics: bool) -> None:
    content = written(
        compression=compression, data_page_version=version, write_page_checksum=True, write_statistics=statistics
    )
    pages = found(content)
    footer = pq.read_metadata(io.BytesIO(content))
    assert {page.sound for page in pages} == {True}
    for group in range(footer.num_row_groups):
        for number in range(footer.num_columns):
            chunk = footer.row_group(group).column(number)
            mine = [page.size for page in pages if (page.group, page.column) == (group, chunk.path_in_schema)]
            assert len(mine) > 1
            assert chunk.total_compressed_size - 100 * len(mine) < sum(mine) < chunk.total_compressed_size


def test_a_file_without_checksums() -> None:
    assert {page.sound for page in found(written())} == {None}


@given(st.integers(0, 10**9), st.integers(0, 7))
def test_a_flipped_bit_in_a_page_is_named(place: int, bit: int) -> None:
    whole = written(write_page_checksum=True)
    content, before = bytearray(whole), found(whole)
    footer = pq.read_metadata(io.BytesIO(whole))
    at = 4 + place % (footer.row_group(2).column(2).data_page_offset - 4)
    content[at] ^= 1 << bit
    after = found(bytes(content), whole)
    # A header's own bits are under no checksum: there the pages may only be counted otherwise.
    assert any(page.sound is False for page in after) or len(after) != len(before) or after == before
    assert len({(page.group, page.column) for page in after if page.sound is False}) <= 1


def test_a_flipped_bit_in_the_data(corpus: Path) -> None:
    whole = written(write_page_checksum=True)
    content = bytearray(whole)
    chunk = pq.read_metadata(io.BytesIO(whole)).row_group(1).column(0)
    content[chunk.dictionary_page_offset + chunk.total_compressed_size - 1] ^= 1
    [broken] = [page for page in found(bytes(content), whole) if page.sound is False]
    assert (broken.group, broken.column) == (1, "text")


def test_garbage_is_no_page() -> None:
    content = written(write_page_checksum=True)
    for garbage in (b"", b"\xff" * len(content), b"\x15" * len(content), b"\x1c" * len(content), bytes(len(content))):
        assert {page.sound for page in found(garbage, content)} == {False}
