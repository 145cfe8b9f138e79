"""The worker image: is it there, and does it hold this code?

Asked of its registry, by the registry's HTTP API (https://distribution.github.io/distribution/spec/api/): the
manifest, then the image's configuration, whose labels docker/Dockerfile writes.
"""

import re
from typing import Any, NamedTuple

import requests
from google.auth.credentials import Credentials

__all__ = ["LABEL", "Image", "image_labels", "parse_image"]

LABEL = "babelmill.code"
"""The label that holds `code_version()` of the image's Babelmill."""
_REFERENCE = re.compile(
    r"(?P<host>[a-zA-Z0-9.-]+(?::\d+)?)/(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    )
)
_TIMEOUT_S = 10.0


class Image(NamedTuple):
    """An image reference in its parts."""

    host: str
    name: str
    tag: str | None
    digest: str | None


def parse_image(reference: str) -> Image | None:
    """Return the parts of `host/name:tag` or `host/name@sha256:…`; None where it is no such reference.

    Without tag and digest a reference means whatever was pushed last, so that is none either.
    """
    found = _REFERENCE.fullmatch(reference)
    image = Image(**found.groupdict()) if found else None
    return image if image and (image.tag or image.digest) else None


def image_labels(image: Image, credentials: Credentials) -> dict[str, str] | None:
    """Return an image's labels; None where there is no such image.

    Raises:
        OSError: if the registry cannot be reached or does not answer as one, or refuses.
    """
    local = image.host.split(":")[0] in ("localhost", "127.0.0.1")
    base = f"{'http' if local else 'https'}://{image.host}/v2/{image.name}"
    headers = {"Accept": _MANIFESTS}
    token = getattr(credentials, "token", None)
    if token and image.host.endswith((".pkg.dev", "gcr.io")):
        headers["Authorization"] = f"Bearer {token}"
    manifest = _get(f"{base}/manifests/{image.digest or image.tag}", headers)
    if manifest and "manifests" in manifest:
        digest = next(
            (
                part["digest"]
                for part in manifest["manifests"]
                if part.get("platform", {}).get("architecture") == "amd64"
            ),
            None,
        )
        manifest = _get(f"{base}/manifests/{digest}", headers) if digest else None
    if manifest is None:
        return None
    config = _get(f"{base}/blobs/{manifest['config']['digest']}", headers) or {}
    return config.get("config", {}).get("Labels") or {}


def _get(url: str, headers: dict[str, str]) -> dict[str, Any] | None:
    answer = requests.get(url, headers=headers, timeout=_TIMEOUT_S)
    if answer.status_code == requests.codes.not_found:
        return None
    answer.raise_for_status()
    try:
        found: dict[str, Any] = answer.json()
    except ValueError as error:
        raise OSError(f"{url} is no registry: {error}") from error
    return found
