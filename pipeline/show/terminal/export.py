"""A summary for other programs: JSON, and CSV that a spreadsheet does not run."""

import csv
import io
from dataclasses import asdict
from typing import Any

from babelmill.pipeline.corpus.summary import Part, Summary
from babelmill.pipeline.formatting.sanitize import inert_json
from babelmill.transforms.text.visible import visible

__all__ = ["PARTS", "as_csv", "as_json", "rows_of"]

PARTS = ("lang", "source", "reason", "shard")
"""What a summary can be broken down by."""
_FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet takes for a formula's beginning, behind white space too (OWASP, CSV injection)."""


def _part(part: Part) -> dict[str, Any]:
    fields = part._asdict()
    return fields | {"kept_share": part.kept_share, "tokens_per_byte": part.tokens_per_byte}


def rows_of(summary: Summary, by: str) -> list[dict[str, Any]]:
    """Return one row a language, source, reason or shard; every row has the same columns.

    lang, source: the fields of `Part` (`lang` or `source` in place of `key`), kept_share, tokens_per_byte; a source
    has files and input_bytes in place of wanted. reason: of `Reason`, share of all records. shard: of `ShardFile`.
    """
    if by == "lang":
        return [{"lang": part.key, "name": part.name, **_without(_part(part), "key")} for part in summary.languages]
    if by == "source":
        return [{"source": part.key, **_files(summary, part.key), **_without(_part(part), "key", "wanted")}
                for part in summary.sources]  # fmt: skip
    if by == "reason":
        records = max(1, summary.records)
        return [{**reason._asdict(), "share": reason.documents / records} for reason in summary.reasons]
    return [asdict(shard) for shard in summary.shards]


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def _files(summary: Summary, source: str) -> dict[str, int]:
    files = [row for row in summary.inputs if row.source == source]
    sizes = {"input_bytes": sum(row.bytes for row in files), "lost_bytes": sum(row.lost_bytes for row in files)}
    return {"files": len(files), **sizes}


def as_json(summary: Summary, by: str | None) -> str:
    """Return the rows of one part as a JSON array, or the whole summary as an object."""
    if by:
        return inert_json(rows_of(summary, by))
    whole = {
        "name": summary.name,
        "records": summary.records,
        "totals": summary.totals._asdict() | {"shards": len(summary.shards)},
        "unknown_tokens": {lang: found._asdict() | {"share": found.share} for lang, found in summary.lost.items()},
        "budget": summary.budget.model_dump(mode="json"),
        "stages": [
            stage._asdict() | {"reasons": [reason._asdict() for reason in stage.reasons]} for stage in summary.stages
        ],
        **{f"by_{part}": rows_of(summary, part) for part in PARTS},
    }
    return inert_json(whole)


def as_csv(summary: Summary, by: str) -> str:
    """Return the rows of one part as CSV with a header."""
    rows = rows_of(summary, by)
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _safe(value) for name, value in row.items()} for row in rows)
    return out.getvalue()


def _safe(value: Any) -> Any:
    """Return a cell: of text, control characters are written out, and a formula gets an apostrophe before it."""
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
