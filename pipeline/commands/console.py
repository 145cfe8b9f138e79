"""What the commands share: two consoles, exit codes, and the options that many of them have."""

import codecs
import errno
import io
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from babelmill.pipeline.formatting.sanitize import clipped, escape_unencodable, visible_lines
from babelmill.transforms.errors import BabelmillError, ConfigError, LawError
from babelmill.transforms.secrets import redacted

if TYPE_CHECKING:
    from babelmill.pipeline.config.model import Config
    from babelmill.pipeline.job.plan import Plan

__all__ = [
    "ConfigFile",
    "IntoExisting",
    "Overrides",
    "Replace",
    "TakeOver",
    "command_line",
    "configured",
    "count",
    "err",
    "exit_codes",
    "out",
    "planned",
    "say",
    "share",
    "standard_streams",
    "warn",
    "warn_of_input",
]

_UNWRITABLE = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a stream says that takes no more."""
_LINE_CHARS = 20_000
T = TypeVar("T")


class _InertConsole(Console):
    """A console on which no text, wherever it comes from, moves the cursor or changes a colour."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Render as rich does; what cannot be printed in a text is written out."""
        for segment in super().render(renderable, options):
            clean = segment.control or segment.text.isprintable()
            yield segment if clean else Segment(visible_lines(segment.text), segment.style)


out = _InertConsole(highlight=False)
err = _InertConsole(stderr=True, highlight=False, soft_wrap=True)

ConfigFile = Annotated[str, typer.Argument(metavar="CONFIG", help="A YAML file, such as configs/sample.yaml.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override one value; the value is YAML. Can be repeated."),
]
TakeOver = Annotated[
    bool,
    typer.Option("--take-over", help="Take over the lock of a run in an object store that is known to be dead."),
]
IntoExisting = Annotated[
    bool,
    typer.Option("--into-existing", help="Write into a folder that has files of others; they stay as they are."),
]
Replace = Annotated[
    bool, typer.Option("--replace", help="Replace a finished run of another configuration in the same output.")
]


def share(text: str) -> float:
    """Read a share in [0, 1] of the command line, `20%` or `0.2`."""
    from babelmill.pipeline.formatting.sizes import parse_share

    return _parsed(parse_share, text)


def count(text: str) -> int:
    """Read a whole number of the command line, `150k` or `150000`."""
    from babelmill.pipeline.formatting.sizes import parse_count

    return _parsed(parse_count, text)


def _parsed(parse: Callable[[str, str], T], text: str) -> T:
    try:
        return parse("", str(text))
    except ConfigError as error:
        raise typer.BadParameter(error.message) from error


@contextmanager
def exit_codes(damaged: int = 1) -> Iterator[None]:
    """Turn what was raised into lines and an exit code: 2 for a wrong configuration, 1 for a failed run.

    All errors of a configuration's file come with their place, as `my.yaml:12:7`, and their line.

    Args:
        damaged: instead of 1: to a command that only looks, what cannot be looked at is a wrong argument.
    """
    try:
        yield
    except ConfigError as error:
        _list(error)
        raise typer.Exit(2) from error
    except BabelmillError as error:
        _told(error)
        raise typer.Exit(damaged) from error
    except (MemoryError, RecursionError) as error:
        _told(error)
        raise typer.Exit(damaged) from error
    except KeyboardInterrupt as error:
        err.print("babelmill: interrupted; run the same command again to go on", markup=False)
        raise typer.Exit(130) from error


@contextmanager
def standard_streams() -> Iterator[None]:
    """Let no character and no closed pipe end a command with a traceback.

    What the terminal's encoding lacks is escaped. Output that nobody takes any more ends the command with 1, in
    silence; if it cannot be written for another reason, with a line.
    """
    codecs.register_error("escape", escape_unencodable)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="escape")
    try:
        try:
            yield
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except OSError as error:
        # The errors of files that are read and written have a name; those of streams have none.
        if error.filename is not None or error.errno not in _UNWRITABLE:
            raise
        # Python flushes once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno != errno.EPIPE:
            warn(f"babelmill: the output cannot be written: {error.strerror}")
        sys.exit(1)


def _list(error: ConfigError) -> None:
    """Print all errors of a configuration, and how many they are; one of an argument in one line."""
    for one in error.errors:
        if not one.place:
            _told(one)
            continue
        err.print(_line(str(one)), markup=False, style="red")
        for line in one.excerpt:
            err.print(_line(line), markup=False)
    count = len(error.errors)
    if count > 1 or error.place:
        err.print(f"{count} error{'' if count == 1 else 's'}", markup=False)


def _told(error: Exception) -> None:
    """Print an error, whatever a path or a file put into it."""
    # The sentences of a broken law stand in lines of their own, and are of our own making.
    text = visible_lines(str(error)) if isinstance(error, LawError) else _line(str(error) or type(error).__name__)
    err.print(f"babelmill: {text}", markup=False, style="red")


def say(line: str = "") -> None:
    """Print a line of prose: never wrapped, so that paths and commands in it can be copied."""
    out.print(_line(line), markup=False, soft_wrap=True)


def warn(line: str) -> None:
    """Print a line that is no result, whatever a path or a file put into it."""
    err.print(_line(line), markup=False)


def _line(text: str) -> str:
    """Return text as one line, for a path with an end of line in it must not look like two, and not too much of it."""
    return clipped(redacted(text), _LINE_CHARS)


def command_line(name: str, config: str, overrides: list[str] | None, *options: str) -> str:
    """Return a command as one would type it."""
    settings = (part for value in overrides or () for part in ("--set", value))
    return shlex.join(["babelmill", name, config, *settings, *options])


@contextmanager
def configured(config: str, overrides: list[str] | None, flags: Sequence[str] = ()) -> Iterator["Config"]:
    """Read and check a configuration; what is raised of a key inside gets the place where the key was set.

    Args:
        config: path of its file.
        overrides: what `--set` says.
        flags: Beam's options: with the configuration they decide how much of Beam is loaded.
    """
    from babelmill.pipeline.config.document import read_document
    from babelmill.pipeline.runners.lean import is_plain, load_beam

    document = read_document(config, odd=True).with_set(overrides or ())
    load_beam(lean=is_plain(document.data, flags))
    from babelmill.pipeline.job.checked import checked_config

    with document.locating():
        yield checked_config(document)


def planned(config: "Config") -> "Plan":
    """Check a configuration against the world; say what its user should know."""
    from babelmill.pipeline.job.plan import make_plan

    plan = make_plan(config)
    warn_of_input(plan)
    return plan


def warn_of_input(plan: "Plan") -> None:
    """Print what was seen of the configuration and the input that may not be meant."""
    from babelmill.pipeline.config.idle import idle_settings

    seen = (line for seen in plan.seen for line in seen.warnings)
    settings = (*plan.config.notices, *idle_settings(plan.config))
    for line in (*settings, *plan.unreadable, *plan.passed_over, *seen):
        err.print(f"babelmill: {_line(line)}", markup=False, style="yellow")
