"""Marked parts of a README.md: a run writes between its marks, and what people write around them stays.

---
# Babelmill: written by every run, down to the next mark
pretty_name: "sample"
# Babelmill: end. Keys of your own go below, and win over those above
license: cc-by-4.0
---

<!-- Babelmill: written by every run, down to the next mark -->
…
<!-- Babelmill: end. Text of your own goes below -->
"""

import re
from collections.abc import Mapping, Sequence

__all__ = ["has_marks", "replace_marked"]

_HEADER = (
    "# Babelmill: written by every run, down to the next mark",
    "# Babelmill: end. Keys of your own go below, and win over those above",
)
_BODY = (
    "<!-- Babelmill: written by every run, down to the next mark -->",
    "<!-- Babelmill: end. Text of your own goes below -->",
)
_KEY = re.compile(r"^([A-Za-z_][\w-]*):", re.MULTILINE)


def replace_marked(before: str | None, header: Mapping[str, Sequence[str]], body: str) -> str | None:
    """Return the content of a README.md with our parts anew, and every other character of it as it was.

    Args:
        before: its content now; None where there is no such file.
        header: key → its lines, of the YAML in front.
        body: Markdown.

    Returns:
        The content; None where there is a file without a whole pair of our marks: that one is a person's, to be left.
    """
    if before is None:
        return f"---\n{_between(_HEADER, _lines(header))}\n---\n\n{_between(_BODY, body)}\n"
    found = before
    if place := _place(before, _BODY):
        found = found[: place[0]] + _between(_BODY, body) + found[place[1] :]
    # The header is in front of the body, so its place is still the same.
    if place := _place(before, _HEADER):
        own = _own_keys(before[: place[0]] + before[place[1] :])
        kept = {key: lines for key, lines in header.items() if key not in own}
        found = found[: place[0]] + _between(_HEADER, _lines(kept)) + found[place[1] :]
    return found if has_marks(before) else None


def has_marks(content: str) -> bool:
    """Say whether a README.md has a part that is ours."""
    return any(_place(content, marks) is not None for marks in (_HEADER, _BODY))


def _place(content: str, marks: tuple[str, str]) -> tuple[int, int] | None:
    """Return where a marked part begins and ends, its marks included; None where the marks are not one whole pair."""
    begin, end = marks
    if content.count(begin) != 1 or content.count(end) != 1:
        return None
    start, stop = content.index(begin), content.index(end) + len(end)
    return (start, stop) if start < content.index(end) else None


def _between(marks: tuple[str, str], content: str) -> str:
    space = "\n\n" if marks is _BODY else "\n"
    return space.join((marks[0], content, marks[1]))


def _lines(header: Mapping[str, Sequence[str]]) -> str:
    return "\n".join(line for lines in header.values() for line in lines)


def _own_keys(content: str) -> set[str]:
    """Return the keys that a person wrote in the YAML in front of a README.md."""
    parts = re.split(r"^---[ \t]*\r?$", content, maxsplit=2, flags=re.MULTILINE)
    return set(_KEY.findall(parts[1])) if len(parts) == 3 and not parts[0].strip() else set()
