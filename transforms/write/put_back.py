"""Put back: the corpus of an earlier run, where a run would have put nothing in its place.

Shards are written over only once it is known that there are some (`plan_shards`); until then all that the earlier
manifest lists is still there, but for its audit: parts of that are written as work items are screened.
"""

from collections.abc import Iterable
from dataclasses import replace

from babelmill.transforms.files.removal import remove_below
from babelmill.transforms.files.storage import exists, join, publish, read_bytes
from babelmill.transforms.work import WorkFolder
from babelmill.transforms.write.audit_list import AUDIT_LIST, AuditPart, read_audit_list
from babelmill.transforms.write.listed import ShardFile
from babelmill.transforms.write.manifest_file import MANIFEST, dump_manifest, parse_manifest
from babelmill.transforms.write.owned import NOBODY, ours_on_disk, read_owned
from babelmill.transforms.write.tables import is_whole

__all__ = ["put_back"]


def put_back(work: WorkFolder) -> int:
    """Publish the manifest that was taken back, if the shards that it lists are there whole; do nothing otherwise.

    If parts of its audit are not, they are removed, and the manifest says that it has none.

    Returns:
        Documents of that run; 0 where nothing was put back.

    Raises:
        DamageError: if what was taken back is no manifest.
        WorldError: if a file cannot be read, written or removed.
    """
    output = work.output
    if not exists(work.taken_back):
        return 0
    content = read_bytes(work.taken_back)
    earlier, _ = parse_manifest(content, work.taken_back, len(content))
    documents = earlier.totals.documents
    if not documents or not _are_whole(output, earlier.shards):
        return 0
    if earlier.audit and not _are_whole(output, read_audit_list(output) or ()):
        owned = read_owned(output) or NOBODY
        remove_below(output, [*ours_on_disk(output, owned, ("audit/*",)), AUDIT_LIST])
        content = dump_manifest(replace(earlier, audit=None))
    publish(join(output, MANIFEST), content)
    return documents


def _are_whole(output: str, files: Iterable[ShardFile | AuditPart]) -> bool:
    return all(is_whole(join(output, *file.path.split("/")), file) for file in files)
