"""What is lost of a file is counted by what it held."""

from babelmill.transforms.read.items import Piece
from babelmill.transforms.read.lost import Lost
from babelmill.transforms.read.records import Record, Reject

WHOLE = Piece("a", "jsonl", 1_000, 0.0)


def lost(piece: Piece, *found: Record | Reject, in_rows: bool = False) -> int:
    counted = Lost(piece, in_rows)
    for one in found:
        counted.add(one)
    return counted.bytes


def good(size: int) -> Record:
    return Record(0, None, None, "t", None, size)


def bad(size: int, is_rest: bool = False) -> Reject:
    return Reject(0, "read/x", "", b"", size, 1, is_rest)


def test_nothing_is_lost_of_a_good_file() -> None:
    assert lost(WHOLE, good(500), good(499)) == 0
    assert lost(WHOLE) == 0


def test_a_file_that_is_given_up_is_lost() -> None:
    assert lost(WHOLE, bad(1_000, True)) == 1_000
    assert lost(WHOLE, good(600), bad(400, True)) == 400


def test_bad_records_are_lost_by_their_share() -> None:
    assert lost(WHOLE, good(750), bad(250)) == 250
    # Compressed to a quarter: 4,000 bytes of records lie in 1,000 of the file.
    assert lost(WHOLE, good(3_000), bad(1_000)) == 250
    # Half of the file was read, half of that was bad.
    assert lost(WHOLE, good(250), bad(250), bad(500, True)) == 750
    assert lost(WHOLE._replace(start=200, end=400), bad(200)) == 200


def test_where_a_piece_is_counted_in_rows_a_bad_row_counts_a_quarter() -> None:
    assert lost(WHOLE._replace(start=3, end=5), good(3_000), bad(400), in_rows=True) == 100
    assert lost(WHOLE._replace(start=3, end=5), bad(40_000), in_rows=True) == 1_000
