"""Unicode normalisation, done by the reference, and only where it may change something.

Text is NFC when it arrives, and most of it holds no character that any normalisation could touch. Which ones could is
asked of the reference itself, whose Unicode version may be another than Python's: a character that changes alone, one
that is reordered (combining class not 0), or one that some decomposition ends in, and that so may be composed with
what stands before it. A text without them is normal (UAX #15, section 9, the quick check).
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from tokenizers import normalizers
from tokenizers.normalizers import Normalizer

from babelmill.transforms.kernels.compile import kernel
from babelmill.transforms.tokens.bpe.added import TEXT, Segments
from babelmill.transforms.tokens.bpe.pattern import Refused

__all__ = ["normal_form", "normalize", "touched_points"]

_FORMS = {"NFC": normalizers.NFC, "NFD": normalizers.NFD, "NFKC": normalizers.NFKC, "NFKD": normalizers.NFKD}


def normal_form(setting: dict[str, Any] | None) -> Normalizer | None:
    """Return the normaliser that a tokenizer.json sets; None for none.

    Raises:
        Refused: if it is another than one of Unicode's four forms.
    """
    settings = [setting] if setting else []
    if setting and setting["type"] == "Sequence":
        settings = setting["normalizers"]
    if not settings:
        return None
    if len(settings) > 1 or settings[0]["type"] not in _FORMS:
        raise Refused(f"the normalizer {setting} is not known")
    return _FORMS[settings[0]["type"]]()


def touched_points(normalizer: Normalizer | None) -> npt.NDArray[np.bool_]:
    """Return which code points a normaliser may touch: bool[0x110000], empty without a normaliser."""
    if normalizer is None:
        return np.empty(0, np.bool_)
    points = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000 and point != ord("\n")]
    touched = np.zeros(0x110000, np.bool_)
    # An overlay (class 1) behind, or an acute (class 230) before: one of them trades places with any combining mark.
    for before, behind in (("", ""), ("", "\u0334"), ("\u0301", "")):
        around = [before + point + behind for point in points]
        for point, text, normal in zip(points, around, _each(normalizer, around), strict=True):
            touched[ord(point)] |= normal != text
    for point, parts in zip(points, _each(normalizers.NFD(), points), strict=True):
        if parts != point:
            touched[[ord(char) for char in parts[1:]]] = True
    return touched


def _each(normalizer: Normalizer, texts: list[str]) -> list[str]:
    return normalizer.normalize_str("\n".join(texts)).split("\n")


@kernel
def _may_change(
    data: npt.NDArray[np.uint8], segments: Segments, touched: npt.NDArray[np.bool_], out: npt.NDArray[np.bool_]
) -> None:
    """Mark the segments of text that hold a touched code point."""
    for segment in range(len(segments.ids)):
        if segments.ids[segment] != TEXT:
            continue
        for i in range(segments.bounds[segment], segments.bounds[segment + 1]):
            lead = np.int64(data[i])
            if lead < 0x80:
                point = lead
            elif lead < 0xC0:
                continue
            elif lead < 0xE0:
                point = ((lead & 0x1F) << 6) | np.int64(data[i + 1] & 0x3F)
            elif lead < 0xF0:
                point = ((lead & 0x0F) << 12) | (np.int64(data[i + 1] & 0x3F) << 6) | np.int64(data[i + 2] & 0x3F)
            else:
                point = (
                    ((lead & 0x07) << 18)
                    | (np.int64(data[i + 1] & 0x3F) << 12)
                    | (np.int64(data[i + 2] & 0x3F) << 6)
                    | np.int64(data[i + 3] & 0x3F)
                )
            if touched[point]:
                out[segment] = True
                break


def normalize(
    data: npt.NDArray[np.uint8], segments: Segments, normalizer: Normalizer | None, touched: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.uint8], Segments]:
    """Return the text with every segment of text normalised.

    Args:
        data: UTF-8; `segments` cover it from their first bound to their last.
        segments: text and added tokens.
        normalizer: None changes nothing.
        touched: what it may touch.
    """
    if normalizer is None:
        return data, segments
    marked = np.zeros(len(segments.ids), np.bool_)
    _may_change(data, segments, touched, marked)
    if not marked.any():
        return data, segments
    sizes = np.diff(segments.bounds)
    parts: list[bytes] = []
    done, view = int(segments.bounds[0]), data.tobytes()
    for segment in np.flatnonzero(marked).tolist():
        start, end = (int(bound) for bound in segments.bounds[segment : segment + 2])
        text = view[start:end]
        if (normal := normalizer.normalize_str(text.decode()).encode()) != text:
            parts += [view[done:start], normal]
            sizes[segment], done = len(normal), end
    if not parts:
        return data, segments
    parts.append(view[done : int(segments.bounds[-1])])
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    return np.frombuffer(b"".join(parts), np.uint8), segments._replace(bounds=bounds)
