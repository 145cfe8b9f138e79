"""A row of a Parquet file on the terminal: a document with its heading, or the values of a table."""

from typing import Any

from rich.text import Text

from babelmill.pipeline.formatting.sanitize import clipped, plain, visible_lines

__all__ = ["document", "heading", "said", "shown_row"]

_ID_CHARS = 120
_VALUE_CHARS = 100
"""Of a value whose type the file decides, or of a table's."""


def shown_row(row: dict[str, Any], place: str, chars: int) -> Text:
    """Return a row: as a document where it has a text, else as names and values on one line."""
    if row.get("text") is not None:
        return document(row, place, chars)
    shown = Text(place, "bold")
    for name, value in row.items():
        shown.append(f"  {clipped(name, _VALUE_CHARS)} ", "dim not bold").append(said(value), "not bold")
    return shown


def heading(row: dict[str, Any], place: str) -> Text:
    """Return a document's line: where it lies, its id, language, size, source, address, day, and why it was dropped."""
    score, cluster = row.get("lang_score"), row.get("cluster_size")
    lang = said(row["lang"]) if row.get("lang") is not None else ""
    facts = [
        place,
        clipped(str(plain(row.get("id"))), _ID_CHARS),
        lang if score is None else f"{lang} {said(score, '.2f')}",
        clipped(str(plain(row.get("source"))), _ID_CHARS),
        f"{said(row['n_tokens'], ',')} tokens" if row.get("n_tokens") is not None else "",
        f"stands for {cluster:,}" if isinstance(cluster, int) and cluster > 1 else "",
        clipped(str(plain(row.get("url") or "")), _ID_CHARS),
        said(row["date"]) if row.get("date") is not None else "",
    ]
    shown = Text("  ".join(fact for fact in facts if fact), "bold")
    if row.get("reason") is not None:
        shown.append(f"  dropped: {said(row['reason'])}", "bold red")
        shown.append(f" at the stage {said(row['stage'])}" if row.get("stage") is not None else "", "not bold")
    return shown


def document(row: dict[str, Any], place: str, chars: int) -> Text:
    """Return a document: its heading, and how it begins."""
    text = row.get("text")
    text = "" if text is None else str(plain(text))
    shown = heading(row, place).append("\n").append(visible_lines(text[:chars]), "not bold")
    if len(text) > chars:
        shown.append(f" (+{len(text) - chars:,} characters)", "dim not bold")
    return shown


def said(value: Any, form: str = "") -> str:
    """Write a value of any type: a number as `form` says, nothing as a dash."""
    if value is None:
        return "–"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return format(value, form or ("," if isinstance(value, int) else ".4g"))
    return clipped(str(plain(value)), _VALUE_CHARS)
