"""`babelmill completion`."""

from typing import Annotated, Literal

import typer

from babelmill.pipeline.commands.console import exit_codes

__all__ = ["completion"]


def completion(
    context: typer.Context,
    shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
) -> None:
    """Print a script that completes commands, options, files and the keys of --set.

    bash: source <(babelmill completion bash); zsh, after compinit: source <(babelmill completion zsh); fish: babelmill
    completion fish | source.
    """
    with exit_codes():
        from babelmill.pipeline.show.terminal.completion import script

        print(script(shell, context.find_root().command))
