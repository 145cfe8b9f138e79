"""Earlier runs: the files of their indexes, checked before any text is read."""

from collections.abc import Mapping

from babelmill.pipeline.config.model import Config
from babelmill.pipeline.corpus.corpus import open_output
from babelmill.pipeline.corpus.run_config import RunConfig
from babelmill.transforms.dedup.index import OldFile, index_parameters
from babelmill.transforms.errors import BabelmillError, ConfigError
from babelmill.transforms.files.places import is_same
from babelmill.transforms.files.storage import exists, join
from babelmill.transforms.pii.mask import Mask
from babelmill.transforms.write.manifest_file import MANIFEST

__all__ = ["old_files"]


def old_files(config: Config, first: int) -> tuple[OldFile, ...]:
    """Return every file of every index in `dedup.against`, numbered from `first` on, behind the work items.

    Raises:
        ConfigError: for a folder that is no finished run, one without an index, this run's own, one that is named
            twice, or an index of other parameters, with what differs.
    """
    found: list[OldFile] = []
    ours = index_parameters(config.dedup.near, config.dedup.fold, config.seed, Mask(config.pii.mask).parameters)
    for number, folder in enumerate(config.dedup.against):
        key = f"dedup.against.{number}"
        if is_same(folder, config.output):
            raise ConfigError(key, f"{folder} is this run's own output")
        for other in config.dedup.against[:number]:
            if is_same(folder, other):
                raise ConfigError(key, f"{folder} is the same folder as {other}")
        try:
            run = open_output(folder)
        except BabelmillError as error:
            raise ConfigError(key, str(error)) from error
        index = run.manifest.index
        if not index:
            raise ConfigError(key, f"{folder} has no index: it was run with dedup.index: false, or kept nothing")
        _compare(key, folder, {**_masking_of(run.config), **index.parameters}, ours)
        for file in index.files:
            path = join(folder, file.path)
            if not exists(path):
                raise ConfigError(key, f"{path} is missing, though {MANIFEST} lists it")
            lang = file.path.partition("lang=")[2].partition("/")[0]
            found.append(OldFile(first + len(found), path, file.sha256, folder, lang))
    return tuple(found)


def _masking_of(config: RunConfig) -> dict[str, object]:
    """Return how the texts were masked before an index of the first versions was made, which does not say so itself."""
    return {"mask": sorted(config.pii.mask), "masking": 1}


def _compare(key: str, folder: str, theirs: Mapping[str, object], ours: Mapping[str, object]) -> None:
    """Refuse an index whose signatures mean something else."""
    differing = [
        f"{name} {_shown(theirs.get(name))} there, {_shown(ours.get(name))} here"
        for name in sorted(theirs.keys() | ours.keys())
        if theirs.get(name) != ours.get(name)
    ]
    if differing:
        raise ConfigError(key, f"the index of {folder} has other parameters: {'; '.join(differing)}")


def _shown(value: object) -> str:
    """Return a parameter as text: a list as its members, none as nothing."""
    return (", ".join(map(str, value)) or "nothing") if isinstance(value, list) else str(value)
