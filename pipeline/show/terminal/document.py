"""The life of a document on the terminal, and as JSON."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

from babelmill.pipeline.explain.diff import Differences
from babelmill.pipeline.explain.document import Life, Story
from babelmill.pipeline.explain.records import Origin
from babelmill.pipeline.explain.signals import Finding
from babelmill.pipeline.formatting.quantities import share
from babelmill.pipeline.formatting.sanitize import clipped, plain, visible_lines
from babelmill.pipeline.show.terminal.rows import said
from babelmill.pipeline.show.terminal.signals import signals
from babelmill.transforms.quality.rules import Bounds
from babelmill.transforms.read.records import Reject

__all__ = ["life_json", "passages", "shown_life"]

_LINE_CHARS = 300
_TEXT_CHARS = 300
_SAME_CHARS = 60
"""Of a passage that both texts have, at each of its ends."""
_OTHER_CHARS = 400
_MOST_PASSAGES = 40
_STYLES = {"=": "dim", "-": "red", "+": "green"}
_MARKS = {"=": ("", ""), "-": ("[-", "-]"), "+": ("{+", "+}")}


def shown_life(life: Life, console: Console) -> Iterator[RenderableType]:
    """Yield what there is to say of a document, from where it came from to what became of it."""
    kept = life.reason == "kept"
    heading = Text(clipped(life.id, _LINE_CHARS), "bold").append("  ")
    yield heading.append(life.reason, "bold green" if kept else "bold red")
    for name, value in _facts(life):
        yield Text(f"{name:<12}", "bold").append(clipped(value, 4 * _LINE_CHARS), "not bold")
    if life.text is not None:
        yield Text("text        ", "bold").append(_beginning(life.text), "not bold")
    if life.finding is not None and (names := _telling(life.finding)):
        yield signals(life.finding, names)
    if life.differences is not None and life.differences.same == 1:
        yield Text("The text of the document that was kept is the same.")
    elif life.differences is not None:
        yield Text(f"differences to the document that was kept; {_share(life.differences)}", "bold")
        yield passages(life.differences, console)


def _facts(life: Life) -> Iterator[tuple[str, str]]:
    row = life.outcome.row if life.outcome else {}
    if life.origin is not None:
        yield "from", f"{_where(life.origin)}, source {life.origin.source}"
    elif "path" in row:
        yield "from", f"{row['path']}, offset {row['offset']:,}"
    else:
        yield "from", f"source {row.get('source', '?')}; its file and offset were not found"
    lang, score = (row.get("lang"), row.get("lang_score"))
    if life.finding is not None:
        lang, score = lang or life.finding.values["lang"], score or life.finding.values["lang_score"]
    if lang:
        yield "language", f"{said(lang)} {said(score, '.2f')}" if score is not None else said(lang)
    url = row.get("url") or getattr(life.origin and life.origin.record, "url", None)
    if url:
        yield "url", str(plain(url))
    if row.get("date") is not None:
        yield "date", said(row["date"])
    yield from _fate(life)
    for note in life.notes:
        yield "note", note


def _fate(life: Life) -> Iterator[tuple[str, str]]:
    outcome = life.outcome
    if outcome is None:
        again = " as measured again; the run books it and keeps no copy (audit: true would)"
        yield "dropped", f"{life.reason}" + (again if life.finding is not None else "")
    elif outcome.reason == "kept":
        yield "kept", f"{outcome.file}, row {outcome.number:,}" + _tokens(outcome.row)
        total, rows = life.replaced
        if total:
            others = ", ".join(clipped(str(row["id"]), 80) for row in rows)
            yield "instead of", f"{total:,}: {others}" + (", …" if total > len(rows) else "")
    elif outcome.stage == "read":
        yield "refused", f"{outcome.reason}: {outcome.row['error']}"
        yield "first bytes", outcome.row["head"].decode(errors="backslashreplace")
    elif outcome.stage == "dedup":
        similarity = outcome.row["similarity"]
        yield "removed", outcome.reason + ("" if similarity is None else f", similarity {similarity:.3f} (estimated)")
        place = "" if life.kept is None else f"  in {life.kept.file}, row {life.kept.number:,}"
        yield "kept is", clipped(str(outcome.row["kept_id"]), _LINE_CHARS) + place
    else:
        yield "dropped", f"{outcome.reason}, at the stage {outcome.stage}; in {outcome.file}, row {outcome.number:,}"


def _tokens(row: dict[str, Any]) -> str:
    return f"; {said(row['n_tokens'], ',')} tokens" if "n_tokens" in row else ""


def _where(origin: Origin) -> str:
    return f"{origin.path}, {origin.unit} {origin.offset:,}"


def _beginning(text: str) -> str:
    return clipped(" ".join(text[: 2 * _TEXT_CHARS].split())[:_TEXT_CHARS], _TEXT_CHARS) + (
        f" ({len(text):,} characters)" if len(text) > _TEXT_CHARS else ""
    )


def _telling(finding: Finding) -> list[str]:
    """Return the signals that have a bound in the document's language, or made it fall."""
    bounds = finding.bounds
    return [name for name in finding.values if bounds.get(name, Bounds()) != Bounds() or name in finding.reasons]


def _share(found: Differences) -> str:
    left = sum(found.left)
    return f"{share(found.same, 1)} of the words are in both" + (f", {left:,} were not compared" if left else "")


def passages(found: Differences, console: Console) -> Text:
    """Return what differs, with a little of what does not; without colours, [-only here-] and {+only there+}."""
    colours, shown = console.color_system is not None, Text()
    for kind, passage in found.parts[:_MOST_PASSAGES]:
        ends = _SAME_CHARS if kind == "=" else _OTHER_CHARS // 2
        cut = passage if len(passage) <= 2 * ends else f"{passage[:ends]} … {passage[-ends:]}"
        before, behind = ("", "") if colours else _MARKS[kind]
        shown.append(before + visible_lines(cut) + behind, _STYLES[kind] if colours else "")
    if len(found.parts) > _MOST_PASSAGES:
        shown.append(f" … and {len(found.parts) - _MOST_PASSAGES:,} more passages")
    return shown


def life_json(story: Story) -> dict[str, Any]:
    """Return a story for `inert_json`; texts and bytes whole."""
    return {"id": story.id, "documents": [_one(life) for life in story.lives], "notes": story.notes}


def _one(life: Life) -> dict[str, Any]:
    outcome, origin, finding, kept = life.outcome, life.origin, life.finding, life.kept
    differ = life.differences
    return {
        "id": life.id,
        "reason": life.reason,
        "stage": outcome.stage if outcome else life.reason.split("/", 1)[0] if "/" in life.reason else None,
        "booked": outcome is not None,
        "origin": None if origin is None else _origin(origin),
        "found": None if outcome is None else {"file": outcome.file, "row": outcome.number, **outcome.row},
        "text": life.text,
        "values": finding.values if finding else None,
        "bounds": {n: b._asdict() for n, b in finding.bounds.items() if b != Bounds()} if finding else None,
        "reasons": finding.reasons if finding else None,
        "kept": None if kept is None else {"file": kept.file, "row": kept.number, **kept.row},
        "differences": None if differ is None else differ._asdict(),
        "instead_of": {"documents": life.replaced[0], "first": life.replaced[1]},
        "notes": life.notes,
    }


def _origin(origin: Origin) -> dict[str, Any]:
    about = {"path": origin.path, "offset": origin.offset, "source": origin.source}
    return {**about, "error": origin.record.error} if isinstance(origin.record, Reject) else about
