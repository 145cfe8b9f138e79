"""`babelmill shard`."""

from typing import Annotated, Any

import typer

from babelmill.pipeline.commands.console import exit_codes, out, say, warn
from babelmill.transforms.errors import ConfigError, DamageError

__all__ = ["shard"]

_EXCERPT_CHARS = 300
_DOCUMENT_CHARS = 10_000
_SAMPLE = 5


def shard(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A shard, or another Parquet file; to sample, also a run or a folder.")
    ],
    doc: Annotated[int | None, typer.Option(min=0, help="Show this document, by its row, with its tokens.")] = None,
    first: Annotated[int, typer.Option(min=0, help="How many of the first documents.")] = 3,
    lang: Annotated[str | None, typer.Option(help="Sample the run's shards of this language.")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Show so many documents, drawn at random.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides the sample.")] = 0,
    chars: Annotated[int | None, typer.Option(min=1, help="Characters of a document that are shown.")] = None,
    tokenizer: Annotated[
        str | None, typer.Option(metavar="FILE", help="The tokenizer.json, where the run's own is not at hand.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One line of JSON for the file, or for each document.")] = False,
) -> None:
    """Show what is in a shard and whether it is sound; one of its documents token by token; or a sample of many.

    A run's tables, audit and index files are shown too, row by row.
    """
    with exit_codes(damaged=2):
        from babelmill.pipeline.corpus.sample import in_language, is_file, list_shards
        from babelmill.pipeline.corpus.shard import run_above

        if not is_file(file) or lang is not None or sample is not None:
            if doc is not None:
                raise ConfigError("--doc", "wants a shard, and neither --sample nor --lang")
            shards = list_shards(file)
            # A language has more shards than one: it is sampled over the whole run that the shard belongs to.
            if lang is not None and is_file(file) and shards[0].lang and (run := run_above(file)):
                shards = list_shards(run.folder)
            _sample(in_language(shards, lang), sample or _SAMPLE, seed, chars or _EXCERPT_CHARS, json)
        elif doc is not None:
            _document(file, doc, tokenizer, chars or _DOCUMENT_CHARS, json)
        else:
            _overview(file, first, chars or _EXCERPT_CHARS, json)


def _sample(shards: Any, wanted: int, seed: int, chars: int, json: bool) -> None:
    from babelmill.pipeline.corpus.sample import sample
    from babelmill.pipeline.formatting.sanitize import clipped, inert_json
    from babelmill.pipeline.show.terminal.rows import shown_row

    for listed, row, found in sample(shards, wanted, seed):
        found = _with_lang(found, listed.lang)
        if json:
            print(inert_json(_placed(listed.path, row, _excerpt(found, chars))))
        else:
            out.print(shown_row(found, f"{clipped(listed.path, 1000)}#{row}", chars), soft_wrap=True)
            say()


def _overview(file: str, first: int, chars: int, json: bool) -> None:
    from babelmill.pipeline.corpus.sample import read_rows
    from babelmill.pipeline.corpus.shard import look_at
    from babelmill.pipeline.formatting.sanitize import clipped, inert_json
    from babelmill.pipeline.show.terminal.rows import shown_row
    from babelmill.pipeline.show.terminal.shard import NOT_OURS, overview, shard_json

    found = look_at(file)
    problems = list(found.problems)
    rows = []
    if found.kind is not None:
        try:
            rows = list(read_rows(file, range(min(first, found.rows))))
        except DamageError as error:
            problems.append(str(error))
    rows = [_with_lang(row, (found.footer or {}).get("lang", "")) for row in rows]
    if json:
        print(inert_json({**shard_json(found), "problems": problems, "first": [_excerpt(row, chars) for row in rows]}))
    else:
        out.print(overview(found))
        for number, row in enumerate(rows):
            say()
            out.print(shown_row(row, f"#{number}", chars), soft_wrap=True)
    for problem in problems[:-1]:
        warn(clipped(problem, 1000))
    if found.kind is None:
        raise DamageError(f"{file} is somebody else's: {NOT_OURS}")
    if problems:
        raise DamageError(f"{file} is damaged: {clipped(problems[-1], 1000)}")


def _document(file: str, row: int, tokenizer: str | None, chars: int, json: bool) -> None:
    from babelmill.pipeline.corpus.kinds import kind_of
    from babelmill.pipeline.corpus.sample import read_rows
    from babelmill.pipeline.corpus.shard import footer_of, opened, run_above
    from babelmill.pipeline.formatting.sanitize import inert_json
    from babelmill.pipeline.show.terminal.rows import heading, shown_row
    from babelmill.pipeline.show.terminal.shard import NOT_OURS, tokens_text

    with opened(file) as table:
        rows, footer = table.rows, footer_of(table)
    kind = kind_of(file, footer, run_above(file) if footer is None else None)
    if kind is None:
        raise ConfigError("FILE", f"{file} is somebody else's: {NOT_OURS}")
    if row >= rows:
        raise ConfigError("--doc", f"{file} has the documents 0 to {rows - 1:,}" if rows else f"{file} has no document")
    found = _with_lang(next(read_rows(file, [row], tokens=True)), (footer or {}).get("lang", ""))
    spans, why = None, "shards alone have them" if "text" in found else ""
    if kind.kind == "shard":
        spans, why = _spans(found, file, footer or {}, tokenizer)
    if json:
        placed = _placed(file, row, found)
        if "text" in found:
            both = spans and [[id, *span] for id, span in zip(found["tokens"], spans, strict=True)]
            placed |= {"tokens": both, "why_not": why or None}
        print(inert_json(placed))
        return
    if spans is None:
        out.print(shown_row(found, f"#{row}", chars), soft_wrap=True)
    else:
        out.print(heading(found, f"#{row}"), soft_wrap=True)
        out.print(tokens_text(found["text"], spans, chars, out), soft_wrap=True)
    if why:
        warn(f"without tokens: {why}")


def _spans(row: dict[str, Any], file: str, footer: dict[str, str], tokenizer: str | None) -> tuple[Any, str]:
    """Return the tokens' spans, or None and why there are none."""
    from babelmill.pipeline.corpus.token_offsets import spans_of
    from babelmill.pipeline.corpus.tokenizer import tokenizer_of

    ids = row.get("tokens")
    if ids is None:
        return None, "the run counted tokens only (tokens.ids: false)"
    if not (isinstance(row.get("text"), str) and isinstance(ids, list)):
        return None, "these are no ids of a text"
    if not all(isinstance(id, int) and 0 <= id < 1 << 32 for id in ids):
        return None, "these are no ids"
    found, why = tokenizer_of(file, footer.get("tokenizer_sha256", ""), tokenizer)
    if found is None:
        return None, why
    spans = spans_of(found, ids, row["text"])
    return spans, "" if spans is not None else "the tokenizer does not give these ids for this text"


def _with_lang(row: dict[str, Any], lang: str) -> dict[str, Any]:
    """Return a row with the language of its file, where it has none of its own."""
    return row if row.get("lang") is not None or not lang else {**row, "lang": lang}


def _placed(file: str, row: int, found: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its place: a document's columns beside it, those of a table, of any name, apart."""
    place: dict[str, Any] = {"file": file, "row": row}
    return {**place, **found} if "text" in found else {**place, "values": found}


def _excerpt(row: dict[str, Any], chars: int) -> dict[str, Any]:
    """Return a document with the beginning of its text."""
    text = row.get("text")
    return {**row, "text": text[:chars]} if isinstance(text, str) else row
