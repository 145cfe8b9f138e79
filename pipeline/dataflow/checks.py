"""What is checked before a job is sent. A dead job costs hours, a line here costs nothing.

Each check is right, wrong, or could not be made: then the answer comes from the service, or from the first worker.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions, WorkerOptions

from babelmill.pipeline.dataflow.api import Cloud, one_line
from babelmill.pipeline.dataflow.image import LABEL, image_labels, parse_image
from babelmill.pipeline.job.code_version import code_version
from babelmill.pipeline.job.plan import Plan
from babelmill.transforms.errors import ConfigError, WorldError
from babelmill.transforms.files.storage import is_local, remove, write_bytes
from babelmill.transforms.models.resources import address, moved
from babelmill.transforms.text.visible import quote

__all__ = ["GRAPH_BYTES", "Check", "check_cloud", "check_config", "check_graph"]

GRAPH_BYTES = 1_000_000
"""Dataflow takes requests of 20 MB, but a graph that large is a graph that grows with its input."""
_PROJECT = re.compile(r"([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]|\d+")
_BUCKET = re.compile(r"gs://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](/|$)")
"""What the services take for a name; whether there is such a one, they say themselves."""
_VERSION = re.compile(r"v?\d+\.\d+")
_MULTI_REGIONS = {"us": ("us-", "northamerica-"), "eu": ("europe-",), "asia": ("asia-",)}
"""A multi-region → the regions in it: https://cloud.google.com/storage/docs/locations"""


class Check(NamedTuple):
    """One check: the configuration's `key`, whether it is `right` (None: could not be checked), and what was found."""

    key: str
    right: bool | None
    found: str


def check_config(plan: Plan, options: PipelineOptions) -> Iterator[Check]:
    """Check that nothing in the configuration lies on this machine alone, and the image's name. Needs no network."""
    config = plan.config
    yield _remote("output", config.output)
    for rank, source in enumerate(config.input):
        for number, glob in enumerate(source.globs):
            key = f"input.{rank}.files" + ("" if isinstance(source.files, str) else f".{number}")
            yield _remote(key, glob)
    cloud = options.view_as(GoogleCloudOptions)
    if not _PROJECT.fullmatch(cloud.project):
        yield Check("dataflow.project", None, f"{quote(cloud.project)} has not the form of a project's id")
    for option in ("temp_location", "staging_location"):
        path = getattr(cloud, option)
        if not path.startswith("gs://"):
            yield Check("dataflow.temp", False, f"{option} {quote(path)} is no folder on gs://")
        elif not _BUCKET.match(path):
            yield Check("dataflow.temp", None, f"{path} has not the form of a bucket's name")
    made = plan.tokenize.tokenizer if config.tokens.tokenizer.ranks else None
    for path in _files(plan):
        yield _of_ranks(path) if path == made else _carried(path)
    reference = options.view_as(WorkerOptions).sdk_container_image
    image = parse_image(reference)
    if image is None:
        message = f"{quote(reference)} is no image reference with a tag or a digest: host/name:tag"
        yield Check("dataflow.image", False, message)
    elif image.tag and _VERSION.match(image.tag) and not image.tag.removeprefix("v").startswith(_ours(plan)):
        yield Check("dataflow.image", False, f"{reference} is of another version than this, {_ours(plan)}")


def _ours(plan: Plan) -> str:
    return plan.identity.version


def _remote(key: str, path: str) -> Check:
    if is_local(path):
        return Check(key, False, f"{quote(path)} lies on this machine, where no worker finds it; put it on gs://")
    return Check(key, True, path)


def _files(plan: Plan) -> list[str]:
    """Return the files that the stages are made of."""
    found: list[str] = []

    def note(path: str) -> str:
        found.append(path)
        return path

    moved((plan.steps, plan.tokenize), note)
    return list(dict.fromkeys(found))


def _carried(path: str) -> Check:
    """Check one model or tokenizer: a worker has it in its image, or fetches it."""
    name = address(path)
    if is_local(path) and name == path:
        return Check("models", False, f"{quote(path)} lies on this machine and in no package; put it on gs://")
    return Check("models", True, name)


def _of_ranks(path: str) -> Check:
    """Refuse a tokenizer.json that was made of a rank file: it is in this machine's cache."""
    found = (
        f"the tokenizer.json made of the ranks is on this machine; put {path} on gs:// and give tokens.tokenizer.path"
    )
    return Check("tokens.tokenizer.ranks", False, found)


def check_graph(size: int) -> Check:
    """Check the size of the serialized graph, in bytes."""
    found = f"{size:,} bytes, at most {GRAPH_BYTES:,}"
    return Check("graph", size < GRAPH_BYTES, found)


def check_cloud(plan: Plan, options: PipelineOptions, cloud: Cloud) -> Iterator[Check]:
    """Check project, buckets and image with the services themselves; write and remove one small object a folder."""
    view = options.view_as(GoogleCloudOptions)
    try:
        cloud.check_project()
        yield Check("dataflow.project", True, f"{view.project} in {view.region}")
    except ConfigError as error:
        yield Check("dataflow.project", False, error.message)
    written = {"dataflow.temp": view.temp_location, "output": plan.config.output}
    for key, path in written.items():
        yield from _bucket(key, path, view.region, cloud, write=True)
    read = {glob.split("/", 3)[2]: glob for source in plan.config.input for glob in source.globs if "://" in glob}
    for glob in read.values():
        yield from _bucket("input", glob, view.region, cloud, write=False)
    yield _image(options.view_as(WorkerOptions).sdk_container_image, cloud)


def _bucket(key: str, path: str, region: str, cloud: Cloud, write: bool) -> Iterator[Check]:
    if not path.startswith("gs://"):
        return
    try:
        place = cloud.bucket_region(path)
    except ConfigError as error:
        yield Check(key, False, error.message)
        return
    near = region == place or region.startswith(_MULTI_REGIONS.get(place, ("?",)))
    # A dual-region such as nam4 does not say what it holds, and an input may be somebody else's.
    known = write and ("-" in place or place in _MULTI_REGIONS)
    found = f"{'/'.join(path.split('/', 3)[:3])} is in {place}"
    if not near:
        found += f", the job runs in {region}: every byte between them is slow and paid for"
    yield Check(key, near or (False if known else None), found)
    if not write:
        return
    probe = f"{path.rstrip('/')}/babelmill-may-write-here"
    try:
        write_bytes(probe, b"")
        remove([probe])
        yield Check(key, True, f"{path} can be written")
    except WorldError as error:
        yield Check(key, False, one_line(error))


def _image(reference: str, cloud: Cloud) -> Check:
    key, image = "dataflow.image", parse_image(reference)
    if image is None:
        return Check(key, None, "not looked for")
    try:
        labels = image_labels(image, cloud.credentials)
    except OSError as error:
        return Check(key, None, f"{image.host} does not say whether it has {image.name}: {type(error).__name__}")
    if labels is None:
        return Check(key, False, f"{image.host} has no image {reference}; docker/README.md says how to push one")
    if labels.get(LABEL) != code_version():
        found = labels.get(LABEL, "none of ours")
        return Check(key, False, f"{reference} holds the code {found}, this is {code_version()}: rebuild it")
    return Check(key, True, f"{reference} holds this code, {code_version()}")
