"""What can be told of quality beside speed, by the same rule for everybody."""

from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["found_pairs", "right_ids", "right_labels", "similarity", "wrongly_joined"]


_LATIN = ("en", "de")


def right_labels(labels: dict[str, list[str]], texts: dict[str, list[str]]) -> float:
    """Return the share of documents that have the language of the file that they are in.

    Where a language is not written in Latin letters, documents with more of those than of others are not counted:
    translations that are not done are in English, whatever their file is called.
    """
    return _share(
        label == lang
        for lang, found in labels.items()
        for label, text in zip(found, texts[lang], strict=True)
        if lang in _LATIN or not _mostly_latin(text)
    )


def _mostly_latin(text: str) -> bool:
    letters = [char.isascii() for char in text if char.isalpha()]
    return sum(letters) * 2 > len(letters)


def right_ids(ids: dict[str, list[str]], reference: dict[str, list[str]]) -> float:
    """Return the share of documents whose digest of ids is the reference's."""
    pairs = (pair for lang in reference for pair in zip(ids[lang], reference[lang], strict=True))
    return _share(one == other for one, other in pairs)


def found_pairs(joined: Iterable[tuple[int, int]], count: int) -> float:
    """Return the share of planted pairs, documents 2 i and 2 i + 1, that are in one cluster.

    A cluster is what is joined directly or through others, as in every tool that keeps one document of each.

    Args:
        joined: pairs of documents that are said to be duplicates.
        count: number of documents.
    """
    above = list(range(count))

    def root(document: int) -> int:
        while above[document] != document:
            above[document] = above[above[document]]
            document = above[document]
        return document

    for one, other in joined:
        above[root(one)] = root(other)
    return _share(root(even) == root(even + 1) for even in range(0, count, 2))


def wrongly_joined(joined: Iterable[tuple[int, int]], units: Sequence[Sequence[str]], least: float) -> int:
    """Return how many pairs are joined whose true similarity is below `least`.

    Args:
        joined: pairs of documents.
        units: of each document, its words or characters.
        least: a similarity as in `similarity`.
    """
    return sum(similarity(units[one], units[other]) < least for one, other in joined)


def similarity(one: Sequence[str], other: Sequence[str], n: int = 5) -> float:
    """Return Jaccard's similarity of the runs of `n` units; 0 where neither has one."""
    mine, theirs = ({tuple(units[i : i + n]) for i in range(len(units) - n + 1)} for units in (one, other))
    both = len(mine | theirs)
    return len(mine & theirs) / both if both else 0.0


def _share(said: Iterable[Any]) -> float:
    found = [bool(value) for value in said]
    return sum(found) / len(found) if found else 0.0
