"""The Flex Template's spec: what `gcloud dataflow flex-template run` reads from a bucket.

https://docs.cloud.google.com/dataflow/docs/guides/templates/configuring-flex-templates
"""

from typing import Any

import orjson
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions, WorkerOptions

from babelmill.pipeline.config.profiles import packaged
from babelmill.pipeline.dataflow.image import parse_image
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.files.storage import exists, read_bytes, write_bytes
from babelmill.transforms.text.visible import quote

__all__ = ["LAUNCHER_SUFFIX", "metadata", "spec", "write_spec"]

LAUNCHER_SUFFIX = "-launcher"
"""The launcher image is called as the worker image is, with this behind its name."""


def metadata() -> dict[str, Any]:
    """Return the template's name, description and parameters: docker/metadata.json is a link to it."""
    found: dict[str, Any] = orjson.loads(read_bytes(packaged("dataflow", "flex_template.json")))
    return found


def spec(options: PipelineOptions) -> dict[str, Any]:
    """Return the spec of a template whose jobs run with these options.

    Raises:
        ConfigError: if the worker image is no reference.
    """
    cloud, worker = options.view_as(GoogleCloudOptions), options.view_as(WorkerOptions)
    image = parse_image(worker.sdk_container_image)
    if image is None:
        raise ConfigError("dataflow.image", f"{quote(worker.sdk_container_image)} is no image reference with a tag")
    return {
        "image": f"{image.host}/{image.name}{LAUNCHER_SUFFIX}:{image.tag or 'latest'}",
        "sdkInfo": {"language": "PYTHON"},
        "metadata": metadata(),
        "defaultEnvironment": {
            "tempLocation": cloud.temp_location,
            "stagingLocation": cloud.staging_location,
            "sdkContainerImage": worker.sdk_container_image,
            "machineType": worker.machine_type,
            "diskSizeGb": worker.disk_size_gb,
            "maxWorkers": worker.max_num_workers,
            "additionalExperiments": options.get_all_options()["experiments"],
        },
    }


def write_spec(path: str, options: PipelineOptions) -> None:
    """Write the spec to a local path or a bucket.

    Raises:
        ConfigError: if a file is there that is no such spec.
    """
    if exists(path) and not _is_spec(read_bytes(path)):
        raise ConfigError("--template", f"{path} exists and is no spec of Babelmill's; name another file")
    write_bytes(path, orjson.dumps(spec(options), option=orjson.OPT_INDENT_2))


def _is_spec(content: bytes) -> bool:
    """Say whether a file is a spec of this template: it has nothing that could carry a mark but the template's name."""
    try:
        return bool(orjson.loads(content)["metadata"]["name"] == metadata()["name"])
    except (ValueError, KeyError, TypeError):
        return False
