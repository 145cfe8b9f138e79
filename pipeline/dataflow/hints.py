"""What a user should see before a job starts: its options, and the quotas that it may use up."""

from collections.abc import Iterator

from apache_beam.options.pipeline_options import DebugOptions, GoogleCloudOptions, WorkerOptions

from babelmill.pipeline.dataflow.machine import vcpus
from babelmill.pipeline.dataflow.ready import Ready

__all__ = ["hints"]


def hints(ready: Ready) -> Iterator[str]:
    """Yield the job in a few lines."""
    cloud, worker = ready.options.view_as(GoogleCloudOptions), ready.options.view_as(WorkerOptions)
    most = worker.max_num_workers
    yield f"{cloud.job_name}: project {cloud.project}, {cloud.region}, {len(ready.plan.items):,} work items"
    yield f"image {worker.sdk_container_image}"
    flexrs = ", FlexRS" if cloud.flexrs_goal == "COST_OPTIMIZED" else ""
    yield f"up to {most} workers {worker.machine_type} with {worker.disk_size_gb} GB of disk{flexrs}"
    yield f"experiments {', '.join(ready.options.view_as(DebugOptions).experiments)}"
    yield f"labels {', '.join(cloud.labels)}"
    yield f"temporary files in {cloud.temp_location}, staged ones in {cloud.staging_location}"
    yield f"graph of {ready.n_transforms} transforms"
    addresses = "" if worker.use_public_ips is False else f", {most} addresses in use (none with --no_use_public_ips)"
    yield (
        f"quota in {cloud.region} for the ceiling: {most * vcpus(worker.machine_type):,} CPUs, "
        f"{most * worker.disk_size_gb:,} GB of disk{addresses}"
    )
