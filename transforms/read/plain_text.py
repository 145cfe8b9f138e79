"""Plain text: a file, a paragraph or a line is a document. It has no fields but its text."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from babelmill.transforms.read.format import StreamFormat
from babelmill.transforms.read.json_record import BOM
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.records import HEAD_BYTES, Reject
from babelmill.transforms.read.sources import Source
from babelmill.transforms.read.stream import Line, Parsed, bounded_lines, too_large

__all__ = ["TEXT", "PlainText"]


@dataclass(frozen=True)
class PlainText(StreamFormat):
    """UTF-8 text; its field is called as the source calls the text."""

    name = "text"
    suffixes = (".txt", ".text")

    def records(self, file: IO[bytes], source: Source, limits: Limits) -> Iterator[Parsed | Reject]:
        """Yield the documents, by `source.document`; blank lines and a byte order mark belong to none."""
        for part in _parts(bounded_lines(file, limits), source.document, limits):
            if part.size > limits.record_bytes:
                yield too_large(*part, limits)
            else:
                text = part.raw.decode(errors="surrogateescape")
                yield Parsed(part.offset, part.size, {source.texts[0]: text}, part.raw)


def _parts(lines: Iterator[Line], document: str, limits: Limits) -> Iterator[Line]:
    """Yield documents as one line each: from their first line that is not blank to their last one."""
    held: list[bytes] = []
    start = end = kept = 0
    for line in lines:
        raw = line.raw.removeprefix(BOM) if line.offset == 0 else line.raw
        is_blank = line.size == len(line.raw) and not raw.strip()
        if held and (document == "line" or (document == "paragraph" and is_blank)):
            yield Line(start, end - start, b"".join(held))
            held, kept = [], 0
        if is_blank and (not held or document != "file"):
            continue
        start = start if held else line.offset + len(line.raw) - len(raw)
        end = line.offset + line.size
        # Of a document that is too large only the head is wanted.
        held.append(raw if kept <= limits.record_bytes else raw[: max(0, HEAD_BYTES - kept)])
        kept += len(held[-1])
    if held:
        yield Line(start, end - start, b"".join(held))


TEXT = PlainText()
