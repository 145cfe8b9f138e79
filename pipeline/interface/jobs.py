"""Jobs from Python: plan one, run one on this machine."""

from collections.abc import Sequence
from pathlib import Path

from babelmill.pipeline.config.document import read_document
from babelmill.pipeline.config.model import Config
from babelmill.pipeline.interface.corpora import Corpus
from babelmill.pipeline.interface.launch import check_start, launch
from babelmill.pipeline.job.checked import plan_document
from babelmill.pipeline.job.plan import Plan, make_plan
from babelmill.pipeline.runners.compiling import compile_kernels

__all__ = ["plan", "run"]


def plan(config: Config | str | Path, overrides: Sequence[str] = ()) -> Plan:
    """Check a configuration and its inputs, and cut them into work items. Starts no worker, writes nothing.

    Args:
        config: a configuration, or the path of one.
        overrides: assignments `path.to.key=value`, of a path alone.

    Raises:
        ConfigError: for all that would fail later, with the keys and where each was set.
    """
    if isinstance(config, Config):
        if overrides:
            raise TypeError("overrides are of a configuration's file; use Config.model_copy for an object")
        return make_plan(config)
    return plan_document(read_document(str(config), odd=True).with_set(overrides))


def run(
    config: Config | str | Path,
    overrides: Sequence[str] = (),
    workers: int = 1,
    into_existing: bool = False,
    replace: bool = False,
) -> Corpus:
    """Run the whole job on this machine, as `babelmill run` does; what an earlier run finished is reused.

    Args:
        config, overrides: as in `plan`.
        workers: local processes; 1 works in this one.
        into_existing: share an output folder that has files of others.
        replace: replace a finished run of another configuration.

    Returns:
        The corpus in the configuration's output.

    Raises:
        ConfigError: before anything is written.
        RunError, WorldError: as a worker raised it.
    """
    found = plan(config, overrides)
    check_start(found, into_existing, replace)
    compile_kernels()
    return Corpus(launch(found, workers).output)
