"""Earlier runs: the files of their indexes, checked before any text is read."""

from collections.abc import Mapping
from typing import Any

from pipeline.config import Config
from pipeline.output import open_output
from transforms.dedup.index import OldFile, index_parameters
from transforms.errors import BabelmillError, ConfigError
from transforms.places import below
from transforms.storage import exists, join
from transforms.write.manifest_file import MANIFEST

__all__ = ["old_files"]


def old_files(config: Config, first: int) -> tuple[OldFile, ...]:
    """Return every file of every index in `dedup.against`, numbered from `first` on, behind the work items.

    Raises:
        ConfigError: for a folder that is no finished run, one without an index, this run's own, or an index of other
            parameters, with what differs.
    """
    found: list[OldFile] = []
    for number, folder in enumerate(config.dedup.against):
        key = f"dedup.against.{number}"
        if below(folder, config.output) and below(config.output, folder):
            raise ConfigError(key, f"{folder} is this run's own output")
        try:
            manifest = open_output(folder).manifest
        except BabelmillError as error:
            raise ConfigError(key, str(error)) from error
        index = manifest.get("index")
        if not index:
            raise ConfigError(key, f"{folder} has no index: it was run with dedup.index: false, or kept nothing")
        _compare(key, folder, index["parameters"], index_parameters(config.dedup.near, config.seed))
        for file in index["files"]:
            path = join(folder, file["path"])
            if not exists(path):
                raise ConfigError(key, f"{path} is missing, though {MANIFEST} lists it")
            found.append(OldFile(first + len(found), path, file["sha256"]))
    return tuple(found)


def _compare(key: str, folder: str, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
    """Refuse an index whose signatures mean something else."""
    differing = [
        f"{name} {theirs.get(name)} there, {ours.get(name)} here"
        for name in sorted(theirs.keys() | ours.keys())
        if theirs.get(name) != ours.get(name)
    ]
    if differing:
        raise ConfigError(key, f"the index of {folder} has other parameters: {'; '.join(differing)}")
