"""Getting ready: a configuration and Beam's options into a checked plan. Here `submit` and the Flex Template meet."""

from collections.abc import Sequence
from typing import NamedTuple

from apache_beam.options.pipeline_options import PipelineOptions

from babelmill.pipeline.config.model import Config
from babelmill.pipeline.dataflow.api import Cloud
from babelmill.pipeline.dataflow.checks import Check, check_cloud, check_config, check_graph
from babelmill.pipeline.dataflow.job import graph_of
from babelmill.pipeline.dataflow.options import job_options, named
from babelmill.pipeline.job.plan import Plan, make_plan
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.files.storage import is_local

__all__ = ["Ready", "get_ready"]


class Ready(NamedTuple):
    """All that a submission needs; `cloud` is None where there was none to ask."""

    plan: Plan
    options: PipelineOptions
    cloud: Cloud | None
    n_transforms: int
    checks: tuple[Check, ...]

    @property
    def wrong(self) -> list[Check]:
        """The checks that failed."""
        return [check for check in self.checks if check.right is False]


def get_ready(config: Config, flags: Sequence[str], offline: bool = False) -> Ready:
    """Plan the job, build its graph, and make every check.

    Args:
        config: the configuration.
        flags: Beam's own options.
        offline: go on without credentials: what they are needed for is then not looked at.

    Raises:
        ConfigError: for what leaves nothing to check: an option that is missing, an input that cannot be listed.
    """
    options = job_options(config.dataflow, flags)
    cloud, checks = None, []
    try:
        cloud = Cloud(options)
    except ConfigError as error:
        if not offline:
            raise
        checks.append(Check(error.key, None, error.message))
    unseen = cloud is None and not all(is_local(glob) for source in config.input for glob in source.globs)
    plan = make_plan(config, 0 if unseen else None)
    if unseen:
        checks.append(Check("input", None, "not listed: without credentials"))
    named(options, plan)
    graph = graph_of(plan, options)
    checks += [*check_config(plan, options), check_graph(graph.ByteSize())]
    if cloud and not any(check.right is False for check in checks):
        checks += check_cloud(plan, options, cloud)
    leaves = [part for part in graph.components.transforms.values() if not part.subtransforms]
    return Ready(plan, options, cloud, len(leaves), tuple(checks))
