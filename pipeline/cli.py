"""`babelmill`: every command with an example.

Exit codes: 0 done, 1 the run failed or its output is damaged, 2 the configuration, or what was
given, is invalid, 130 interrupted (Ctrl-C).
"""

import sys
from typing import Annotated

from babelmill.pipeline.runners.logs import quiet

quiet()

import typer  # noqa: E402

from babelmill.pipeline.commands.budget import budget  # noqa: E402
from babelmill.pipeline.commands.clean import clean  # noqa: E402
from babelmill.pipeline.commands.clusters import clusters  # noqa: E402
from babelmill.pipeline.commands.completion import completion  # noqa: E402
from babelmill.pipeline.commands.console import standard_streams  # noqa: E402
from babelmill.pipeline.commands.inspect import inspect  # noqa: E402
from babelmill.pipeline.commands.plan import plan  # noqa: E402
from babelmill.pipeline.commands.run import run  # noqa: E402
from babelmill.pipeline.commands.schema import schema  # noqa: E402
from babelmill.pipeline.commands.shard import shard  # noqa: E402
from babelmill.pipeline.commands.signals import signals  # noqa: E402
from babelmill.pipeline.commands.submit import submit  # noqa: E402
from babelmill.pipeline.commands.tokenizer import audit, build  # noqa: E402
from babelmill.pipeline.commands.verify import verify  # noqa: E402
from babelmill.pipeline.commands.warm import warm  # noqa: E402
from babelmill.pipeline.commands.why import why  # noqa: E402

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Turn raw multilingual text into a tokenized pretraining corpus, and account for every token in it.",
)


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(version("babelmill"))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    pass


def _example(line: str) -> str:
    return f"Example: babelmill {line}"


app.command(epilog=_example("plan configs/sample.yaml --input-size 180TB --from out/sample"))(plan)
app.command(
    # What stands behind -- is Beam's.
    context_settings={"allow_extra_args": True, "ignore_unknown_options": False},
    epilog=_example("run configs/sample.yaml --workers 2 --set output=out/mine -- --job_name=mine"),
)(run)
app.command(epilog=_example("inspect out/sample --by source"))(inspect)
app.command(epilog=_example("verify out/sample --inputs"))(verify)
app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": False},
    epilog=_example("submit my.yaml --wait -- --project=my-project --region=us-central1"),
)(submit)
app.command(epilog=_example("clean out/sample --dry-run"))(clean)
app.command(epilog=_example("clusters out/sample --top 20 --alarm 0.3"))(clusters)
app.command(epilog=_example("budget out/sample --scale 1000 --set budget.max_epochs.rest=15"))(budget)
app.command(epilog=_example("warm"))(warm)
app.command(epilog=_example("schema > babelmill.schema.json"))(schema)
app.command(epilog=_example("completion bash > ~/.local/share/bash-completion/completions/babelmill"))(completion)
app.command(epilog=_example("signals page.txt --lang zh --set quality.profile=gopher"))(signals)
app.command(epilog=_example("shard out/sample/data/lang=zh/part-00000.parquet --doc 3"))(shard)
app.command(epilog=_example("why out/sample d9bb692cb126c960"))(why)

tokenizer = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Build a tokenizer, and audit one.",
)
tokenizer.command(epilog=_example("tokenizer build out/sample --base cl100k_base.tiktoken --out mine.json"))(build)
tokenizer.command(epilog=_example("tokenizer audit mine.json"))(audit)
app.add_typer(tokenizer, name="tokenizer")


def main() -> None:
    """Run the command line; `inspect shard FILE` is `shard FILE`."""
    if sys.argv[1:3] == ["inspect", "shard"]:
        del sys.argv[1]
    with standard_streams():
        app()


if __name__ == "__main__":
    main()
