"""The options of a Dataflow job: what stands behind `--`, then the configuration, then what batch jobs need."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from apache_beam.options.pipeline_options import (
    DebugOptions,
    GoogleCloudOptions,
    PipelineOptions,
    SetupOptions,
    StandardOptions,
    WorkerOptions,
)

from babelmill.pipeline.config.sections import DataflowSection
from babelmill.pipeline.job.plan import Plan
from babelmill.transforms.errors import ConfigError

__all__ = ["job_name", "job_options", "named"]

_EXPERIMENTS = ("use_runner_v2", "shuffle_mode=service", "disable_logging_submission_environment")
"""Runner v2 takes our container; service shuffle keeps shuffled data off the workers' disks. The launcher's list of
packages stays here: it takes seconds to make, names the user's own addresses, and the image has its lock.
"""
_NAME_CHARS = 20


def job_name(plan: Plan) -> str:
    """Return the job's name, from configuration and output alone.

    Dataflow refuses a second active job of one name, so two jobs never write into one output at a time.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", plan.config.name.lower()).strip("-")[:_NAME_CHARS].strip("-")
    digest = hashlib.sha256(f"{plan.digest} {plan.config.output}".encode()).hexdigest()[:8]
    return "-".join(part for part in ("babelmill", slug, digest) if part)


def _label(text: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower())[:63]


def job_options(config: DataflowSection, flags: Sequence[str]) -> PipelineOptions:
    """Return Beam's options for a batch job, all but its name and labels.

    Args:
        config: where and on what it runs.
        flags: Beam's own options; they win over the configuration.

    Raises:
        ConfigError: if project, region, temporary folder or image is not given.
    """
    options = PipelineOptions(list(flags))
    options.view_as(StandardOptions).runner = "DataflowRunner"
    cloud, worker = options.view_as(GoogleCloudOptions), options.view_as(WorkerOptions)
    needed = {
        "project": (cloud, "project", config.project),
        "region": (cloud, "region", config.region),
        "temp": (cloud, "temp_location", config.temp),
        "image": (worker, "sdk_container_image", config.image),
    }
    for key, (view, option, value) in needed.items():
        _default(view, option, value)
        if not getattr(view, option):
            raise ConfigError(f"dataflow.{key}", f"this key is missing; or give --{option} behind --")
    _default(cloud, "staging_location", f"{cloud.temp_location.rstrip('/')}/staging")
    _default(worker, "machine_type", config.machine)
    _default(worker, "disk_size_gb", config.disk_gb)
    _default(worker, "max_num_workers", config.max_workers)
    _default(worker, "autoscaling_algorithm", "THROUGHPUT_BASED")
    # One item at a time on each vCPU: items are bound by the CPU, and memory is then known.
    _default(options.view_as(DebugOptions), "number_of_worker_harness_threads", 1)
    if config.flexrs:
        _default(cloud, "flexrs_goal", "COST_OPTIMIZED")
    # Nothing is installed on a worker's start: the image holds all.
    options.view_as(SetupOptions).sdk_location = "container"
    for experiment in _EXPERIMENTS:
        options.view_as(DebugOptions).add_experiment(experiment)
    return options


def named(options: PipelineOptions, plan: Plan) -> PipelineOptions:
    """Give the options the job's name and its labels: version, run, and the configuration's digest."""
    cloud = options.view_as(GoogleCloudOptions)
    _default(cloud, "job_name", job_name(plan))
    labels = {
        "babelmill": _label(plan.identity.version),
        "run": _label(plan.config.name),
        "config": plan.digest[:16],
        **plan.config.dataflow.labels,
    }
    cloud.labels = [*(cloud.labels or []), *(f"{key}={value}" for key, value in labels.items())]
    return options


def _default(view: Any, option: str, value: Any) -> None:
    if not getattr(view, option):
        setattr(view, option, value)
