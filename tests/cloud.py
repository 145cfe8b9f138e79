"""Google's storage on this machine: an emulator, and the ways in and out."""

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from apache_beam.internal.gcp.auth import _Credentials
from gcp_storage_emulator.server import create_server
from google.cloud.storage._bucket_metadata_cache import BucketMetadataCache

from babelmill.transforms.files.storage import find_below, open_file, write_bytes

BUCKET = "bucket"
EMULATOR = "STORAGE_EMULATOR_HOST"


@contextmanager
def storage_emulator() -> Iterator[str]:
    """Run an emulator of Google's storage with one empty bucket; give its address."""
    logging.getLogger("gcp_storage_emulator").setLevel(logging.CRITICAL)
    server = create_server("127.0.0.1", 0, True, BUCKET)
    server.start()
    before, credentials = os.environ.get(EMULATOR), _Credentials._credentials_init
    os.environ[EMULATOR] = f"http://127.0.0.1:{server._api._httpd.server_port}"
    # What `babelmill.transforms.files.storage` does where it is imported behind the variable.
    _Credentials._credentials_init = True
    try:
        # What it asks of a bucket is for traces alone, and its threads would go on asking when the emulator is gone.
        with mock.patch.object(BucketMetadataCache, "get_or_queue_fetch", return_value=None):
            yield os.environ[EMULATOR]
    finally:
        server.stop()
        _Credentials._credentials_init = credentials
        if before is None:
            del os.environ[EMULATOR]
        else:
            os.environ[EMULATOR] = before


def upload(paths: Iterable[Path], target: str) -> None:
    """Put files into a folder of a bucket."""
    for path in paths:
        write_bytes(f"{target}/{path.name}", path.read_bytes())


def download(source: str, folder: Path) -> Path:
    """Fetch all that lies below a path of a bucket."""
    for found in find_below(source, "**"):
        path = folder / found.path.removeprefix(source).lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_file(found.path) as file:
            path.write_bytes(file.read())
    return folder
