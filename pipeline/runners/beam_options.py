"""Beam's own options, which stand after `--`: checked before anything else happens."""

import argparse
import contextlib
import io
import logging
from collections.abc import Iterator, Sequence
from typing import TypeVar

from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.options.pipeline_options_validator import PipelineOptionsValidator
from apache_beam.runners.portability.portable_runner import PortableRunner
from apache_beam.runners.runner import create_runner

from babelmill.transforms.errors import ConfigError, nearest
from babelmill.transforms.text.visible import quote

__all__ = ["Options", "beam_flags", "given", "runner_of"]

_View = TypeVar("_View", bound=PipelineOptions)

_LOCAL = ("DirectRunner", "FnApiRunner", "SwitchingDirectRunner")
"""Names for this machine's own processes. Of these three Beam's first and last would look for another engine to
download, so `run` takes its own way of running there."""
_DATAFLOW = ("DataflowRunner", "TestDataflowRunner")


class Options(PipelineOptions):  # type: ignore[misc]
    """Options that make each view of themselves once.

    While Beam builds and checks this graph it asks for hundreds, and makes and asks a parser of flags for each. Views
    share their values, so that two of one kind are the same.
    """

    def view_as(self, cls: type[_View]) -> _View:
        """Return the options as a group of them."""
        # Beam takes every attribute for an option, and refuses what is none.
        views: dict[type[PipelineOptions], PipelineOptions] = self.__dict__.setdefault("_views", {})
        if cls not in views:
            views[cls] = super().view_as(cls)
        view: _View = views[cls]
        return view


def beam_flags(args: Sequence[str]) -> list[str]:
    """Return the options for Beam, having refused what is none: Beam itself passes over what it does not know.

    Raises:
        ConfigError: for the first that Beam does not know, or whose value is none. Those of another runner are that
            runner's to know.
    """
    known = {name for parser in _parsers() for name in parser._option_string_actions}
    elsewhere = given("runner", args) and runner_of(args)
    for number, flag in enumerate(args):
        name = flag.split("=", 1)[0]
        if flag.startswith("-") and name not in known and not elsewhere:
            raise ConfigError(flag, f"Apache Beam has no such option{nearest(name, sorted(known))}")
        if not flag.startswith("-") and (not number or "=" in args[number - 1]):
            raise ConfigError(flag, "is no option; overrides go after --set, Beam's options after --")
    _check_values(args)
    return list(args)


def _check_values(args: Sequence[str]) -> None:
    """Refuse a value that an option cannot have: argparse would print its whole usage and end the process."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            options = PipelineOptions(list(args))
            options.get_all_options()
            errors = PipelineOptionsValidator(options, None).validate()
    except (SystemExit, ValueError, argparse.ArgumentError) as error:
        lines = said.getvalue().splitlines() or [str(error)]
        raise ConfigError("--", lines[-1].rpartition("error: ")[2]) from error
    if errors:
        raise ConfigError("--", " ".join(errors[0].split()))


def _parsers() -> Iterator[argparse.ArgumentParser]:
    """Yield a parser for each group of Beam's options: together some of them clash."""
    groups = [PipelineOptions]
    for group in groups:
        groups += group.__subclasses__()
        parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, conflict_handler="resolve")
        if "_add_argparse_args" in vars(group):
            group._add_argparse_args(parser)
        yield parser


def given(option: str, flags: Sequence[str]) -> bool:
    """Say whether an option is among the flags."""
    return any(flag.split("=", 1)[0] == f"--{option}" for flag in flags)


def runner_of(flags: Sequence[str]) -> str:
    """Return the name of the runner that the flags ask for; nothing for this machine's own processes.

    Raises:
        ConfigError: if Beam has no such runner, or it cannot run this graph.
    """
    name = PipelineOptions(list(flags)).view_as(StandardOptions).runner or _LOCAL[0]
    short = name.rpartition(".")[2]
    if short.removesuffix("Runner").lower() in {local.removesuffix("Runner").lower() for local in _LOCAL}:
        return ""
    if short in _DATAFLOW or short.lower() == "dataflow":
        raise ConfigError("--runner", "jobs on Dataflow are sent by babelmill submit")
    try:
        # It logs whom it would like to be imported with.
        logging.getLogger("apache_beam").setLevel(logging.CRITICAL)
        found = create_runner(name)
    except (ValueError, ImportError, AttributeError) as error:
        names = [*_LOCAL[:2], "PortableRunner", "FlinkRunner", "SparkRunner", "PrismRunner"]
        raise ConfigError("--runner", f"Apache Beam has no runner {quote(name)}{nearest(short, names)}") from error
    if not isinstance(found, PortableRunner):
        raise ConfigError(
            "--runner", f"{name} cannot run this graph: only this machine (DirectRunner) and runners of the Job API can"
        )
    return str(name)
