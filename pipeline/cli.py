"""`babelmill`: every command with an example.

Exit codes: 0 done, 1 the run failed or its output is damaged, 2 the configuration is wrong.
"""

import logging

# Beam warns of Google's client libraries on import, whether they are wanted or not.
logging.getLogger().addHandler(logging.NullHandler())
logging.getLogger().setLevel(logging.ERROR)

import typer  # noqa: E402

from pipeline.commands.plan import plan  # noqa: E402
from pipeline.commands.run import run  # noqa: E402
from pipeline.commands.signals import signals  # noqa: E402
from pipeline.commands.submit import submit  # noqa: E402
from pipeline.commands.verify import verify  # noqa: E402
from pipeline.commands.warm import warm  # noqa: E402

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Turn raw multilingual text into a tokenized pretraining corpus, and account for every token in it.",
)


def _example(line: str) -> str:
    return f"Example: babelmill {line}"


app.command(epilog=_example("plan configs/sample.yaml --input-size 180TB --from out/sample"))(plan)
app.command(
    # What stands behind -- is Beam's.
    context_settings={"allow_extra_args": True, "ignore_unknown_options": False},
    epilog=_example("run configs/sample.yaml --workers 2 --set output=out/mine -- --job_name=mine"),
)(run)
app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": False},
    epilog=_example("submit my.yaml --wait -- --project=my-project --region=us-central1"),
)(submit)
app.command(epilog=_example("verify out/sample"))(verify)
app.command(epilog=_example("warm"))(warm)
app.command(epilog=_example("signals page.txt --lang zh --set quality.profile=gopher"))(signals)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
