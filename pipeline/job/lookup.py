"""What a configuration names is looked up: its tokenizer, its formats, its input files."""

from collections.abc import Iterator, Sequence

from babelmill.pipeline.config.model import Config
from babelmill.pipeline.config.own_steps import load_formats
from babelmill.pipeline.job.own_files import OwnFiles
from babelmill.transforms.errors import Collected, ConfigError, WorldError
from babelmill.transforms.files.storage import FoundFile
from babelmill.transforms.read.formats import Formats
from babelmill.transforms.read.sources import Source, list_files
from babelmill.transforms.tokens.tokenizer import Identity, identify_tokenizer

__all__ = ["find_formats", "find_input", "find_tokenizer", "passed_over"]

_MOST_NAMED = 3


def find_tokenizer(config: Config) -> tuple[str, Identity]:
    """Return the path of the tokenizer.json and what is in it, or raise a ConfigError."""
    try:
        path = config.tokens.tokenizer.resolve()
        return path, identify_tokenizer(path)
    except WorldError as error:
        raise ConfigError("tokens.tokenizer", str(error)) from error


def find_formats(config: Config) -> Formats:
    """Return the formats of a run, or raise a ConfigError for all of one's own and all sources that are wrong."""
    wrong = Collected()
    formats = load_formats(config.read.formats)
    for number, source in enumerate(config.input):
        with wrong.check():
            formats.check(f"input.{number}.format", source)
    wrong.finish()
    return formats


def find_input(config: Config, own: OwnFiles, markers: list[str]) -> list[tuple[int, Source, FoundFile]]:
    """Return all input files as `list_files` yields them, or raise a ConfigError for all globs that are wrong."""
    try:
        return list(list_files(config.input, config.limits.files_per_source, own, markers))
    except WorldError as error:
        raise ConfigError("input", str(error)) from error


def passed_over(markers: Sequence[str]) -> Iterator[str]:
    """Yield a sentence about the files that are no data by their names; none without any."""
    if markers:
        more = ", …" if len(markers) > _MOST_NAMED else ""
        named = ", ".join(markers[:_MOST_NAMED])
        yield f"passed over: {len(markers):,} hidden, temporary or marker files ({named}{more})"
