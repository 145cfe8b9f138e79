"""Thrift's compact protocol, as much of it as Parquet's own structures need: a cursor that reads or skips.

    struct: fields, then 0      field: delta of its number << 4 | type
    list:   size << 4 | type    integers: zigzag varints

Source: Thrift's compact protocol specification.
"""

from collections.abc import Iterator

__all__ = ["BINARY", "LIST", "STRUCT", "Cursor", "TooLarge"]

_TRUE, _FALSE, _BYTE, _DOUBLE, BINARY, LIST, _SET, _MAP, STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
"""Types; 4 to 6 are integers as zigzag varints."""
_DEEPEST = 16


class TooLarge(ValueError):
    """A message of more than the bytes it may have."""


class Cursor:
    """A place in a message; reading behind its end is an IndexError, what is no message a ValueError.

    Args:
        content: the message, and whatever comes behind it.
        most: bytes beside strings that may be looked at, each of which takes its time here; more are a TooLarge.
    """

    def __init__(self, content: bytes, most: int) -> None:
        self._content, self._most = content, most
        self.at = self._strings = 0

    def _check(self) -> None:
        if self.at - self._strings > self._most:
            raise TooLarge(f"more than {self._most} bytes beside its strings")

    def byte(self) -> int:
        """Read a byte."""
        self.at += 1
        return self._content[self.at - 1]

    def varint(self) -> int:
        """Read an integer of at most 64 bits without a sign."""
        value, shift = self.byte(), 7
        if value < 0x80:
            return value
        value &= 0x7F
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
            if shift > 63:
                raise ValueError("an integer of more than 64 bits")

    def zigzag(self) -> int:
        """Read an integer with a sign."""
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def binary(self) -> bytes:
        """Read bytes."""
        length = self.varint()
        self.at += length
        self._strings += length
        return self._content[self.at - length : self.at]

    def fields(self) -> Iterator[tuple[int, int]]:
        """Yield number and type of a struct's fields; the caller reads or skips each value."""
        number = 0
        while head := self.byte():
            number = number + (head >> 4) if head >> 4 else self.zigzag()
            self._check()
            yield number, head & 15

    def elements(self, kind: int) -> Iterator[None]:
        """Yield once for every element of a list, which are all of one type; the caller reads or skips each.

        Raises:
            ValueError: if they are of another.
        """
        size, found = self._size()
        if size and found != kind:
            raise ValueError(f"a list of type {found} where one of {kind} belongs")
        for _ in range(size):
            self._check()
            yield

    def _size(self) -> tuple[int, int]:
        head = self.byte()
        return (self.varint() if head >> 4 == 15 else head >> 4), head & 15

    def skip(self, kind: int, depth: int = 0) -> None:
        """Pass over a field's value."""
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        if kind in (_TRUE, _FALSE):
            return
        if kind == _BYTE:
            self.byte()
        elif kind == _DOUBLE:
            self.at += 8
        elif kind == BINARY:
            self.binary()
        elif kind == STRUCT:
            for _, inner in self.fields():
                self.skip(inner, depth + 1)
        elif kind in (LIST, _SET):
            self.skip_elements(depth)
        elif kind == _MAP:
            raise ValueError("Parquet has no map")
        else:
            self.varint()

    def skip_elements(self, depth: int = 0) -> int:
        """Pass over a list; return how many elements it has."""
        size, kind = self._size()
        for _ in range(size):
            if kind in (_TRUE, _FALSE):
                self.byte()
            else:
                self.skip(kind, depth + 1)
            self._check()
        return size
