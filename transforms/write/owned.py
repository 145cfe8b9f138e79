"""Ownership: which files of an output folder Babelmill wrote, or has begun to write. All others are somebody else's.

Nothing else is ever removed or overwritten. What is ours is not guessed from names alone, for people use `data/`,
`README.md` and `part-00000.parquet` too. It was listed by us:

- a manifest lists shards, index files and tables, and `audit/_parts.json` the parts of the audit;
- `work/owned.json` lists what a run that is not committed may have written: all that the manifests before it listed,
  its tables, the shards that it planned, and the slots of its work items, which work files and audit parts carry;
- the sidecars of an older version, which had no such list.

A name is put on the list only after nothing was found there that is not ours.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import orjson

from babelmill.transforms.errors import BabelmillError, WorldError
from babelmill.transforms.files.bounded_json import parse_json, read_json
from babelmill.transforms.files.removal import remove_below
from babelmill.transforms.files.storage import exists, find_below, join, read_bytes, remove, write_bytes
from babelmill.transforms.files.temporaries import named_finally
from babelmill.transforms.work import WorkFolder
from babelmill.transforms.write.audit_list import AUDIT_LIST, AUDIT_PART, read_audit_list
from babelmill.transforms.write.manifest_file import MANIFEST, TABLES, Manifest, load_manifest

__all__ = [
    "NOBODY",
    "OUTPUTS",
    "WORK",
    "Owned",
    "below_output",
    "listed_by",
    "note_owned",
    "ours_on_disk",
    "plan_shards",
    "read_manifest",
    "read_owned",
    "remove_temporaries",
]

_FORMAT = 1
_LIST_BYTES = 1 << 26
"""Of the list, or of a run's note: 64 MiB are a million files."""
_SHARD = re.compile(r"(?:data|index)/lang=([^/]+)/part-([0-9]{5,})\.parquet\Z")
_OF_ITEM = re.compile(
    r"work/(?:items/([0-9]{7})\.(?:json|parquet|sig|quarantine)|settled/([0-9]{7})\.(?:parquet|removals)"
    r"|regrouped/([0-9]{7})-[0-9]{5}\.sig)\Z"
)
_OF_SHARD = re.compile(r"work/shards/(.+)-([0-9]{5,})\.json\Z")
_OF_RUN = frozenset(
    f"work/{name}"
    for name in (
        "items.jsonl",
        "slots",
        "queue",
        "earlier.jsonl",
        "run.json",
        "run.log",
        "owned.json",
        "costs.json",
        "current",
        "lock",
        "taken_back.json",
        "refused.txt",
    )
)
OUTPUTS = ("data/lang=*/*", "index/lang=*/*", "audit/*", "*")
"""Globs of the places below an output that a manifest's files are in."""
WORK = ("work/*", "work/items/*", "work/regrouped/*", "work/settled/*", "work/shards/*")
"""Globs of the places below an output that the work files are in."""


class Owned(NamedTuple):
    """The files of an output that are ours, by their paths below it with `/` between.

    `files`: shards, index files, audit parts, tables and the manifest. Of a run that is not committed, which may have
    begun any of them: `planned`, language → shards, and `audits`, the slots of items whose dropped documents are kept.
    `items`: slots of work items, those that take up earlier runs included.
    """

    files: frozenset[str] = frozenset()
    planned: Mapping[str, int] = {}
    items: int = 0
    audits: int = 0

    def has(self, path: str) -> bool:
        """Say whether a file is ours; a temporary file is if its final name is."""
        path = named_finally(path) or path
        if path in self.files or path in _OF_RUN:
            return True
        if shard := _SHARD.match(path):
            return int(shard[2]) < self.planned.get(shard[1], 0)
        if _OF_SHARD.match(path):
            # A shard's sidecar outlives the shard: where anything is ours, these are.
            return bool(self.files)
        if part := AUDIT_PART.match(path):
            return int(part[1]) < self.audits
        item = _OF_ITEM.match(path)
        return item is not None and int(item[1] or item[2] or item[3]) < self.items

    def with_more(
        self, files: Iterable[str] = (), planned: Mapping[str, int] | None = None, items: int = 0, audits: int = 0
    ) -> "Owned":
        """Return what is ours with more of it."""
        planned = {lang: max(count, self.planned.get(lang, 0)) for lang, count in (planned or {}).items()}
        return Owned(
            self.files.union(files), {**self.planned, **planned}, max(self.items, items), max(self.audits, audits)
        )

    def dump(self) -> bytes:
        """Return it as the content of `work/owned.json`."""
        parts = {"format": _FORMAT, **self._asdict(), "files": sorted(self.files)}
        return orjson.dumps(parts, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)

    @classmethod
    def load(cls, content: bytes) -> "Owned | None":
        """Read it back; None for what is no such list."""
        try:
            found = parse_json(content, _LIST_BYTES)
            if found["format"] != _FORMAT:
                return None
            planned = {str(lang): int(count) for lang, count in found["planned"].items()}
            return cls(frozenset(map(str, found["files"])), planned, int(found["items"]), int(found["audits"]))
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


NOBODY = Owned()
"""Of an output in which nothing is ours."""


def read_manifest(output: str) -> Manifest | None:
    """Return an output's manifest; None where there is none that is whole and of this format.

    A file that is called so, but does not carry its own SHA-256 as we write it, is not taken for ours.
    """
    if not exists(join(output, MANIFEST)):
        return None
    try:
        manifest, sealed = load_manifest(output)
    except (BabelmillError, ValueError, TypeError):
        return None
    return manifest if sealed else None


def listed_by(manifest: Manifest) -> Iterator[str]:
    """Yield the paths of a manifest's files, its own among them."""
    yield MANIFEST
    yield from (f"{name}.parquet" for name in manifest.tables)
    yield from (file.path for file in manifest.files)


def read_owned(output: str) -> Owned | None:
    """Return what of an output is ours; None where nothing says that it is an output of ours.

    Raises:
        WorldError: if the folder cannot be listed, or a file of it cannot be read.
    """
    work = WorkFolder(output)
    manifest = read_manifest(output)
    noted = _noted(output)
    if noted is None and manifest is None and not _is_note(work.run):
        return None
    found = noted or _by_sidecars(work)
    if manifest is None:
        return found
    # Of a committed run the manifest itself says which files there are, to the last one.
    names = {path for path in found.files if not (_SHARD.match(path) or AUDIT_PART.match(path))}
    tables = {f"{name}.parquet" for name in TABLES}
    # Whoever forges a manifest must not lead a run to files of other names.
    names.update(path for path in listed_by(manifest) if path == MANIFEST or path in tables or _SHARD.match(path))
    parts = read_audit_list(output)
    if parts is not None:
        names.update([AUDIT_LIST, *(part.path for part in parts)])
    return Owned(frozenset(names), {}, found.items, found.items if parts is None else 0)


def _is_note(path: str) -> bool:
    """Say whether a file is what a run leaves in its work folder for the next one to compare with."""
    try:
        found = read_json(path, _LIST_BYTES) if exists(path) else None
    except ValueError:
        return False
    return isinstance(found, dict) and {"config_digest", "screen_digest"} <= found.keys()


def _by_sidecars(work: WorkFolder) -> Owned:
    """Return what the names of the sidecars say that is there: versions without a list of their own left these."""
    items = [path.rpartition("/")[2] for path in _below(work.output, "work/items/*.json")]
    shards = [_OF_SHARD.match(path) for path in _below(work.output, "work/shards/*.json")]
    paths = [f"lang={found[1]}/part-{found[2]}.parquet" for found in shards if found]
    files = {f"{folder}/{path}" for folder in ("data", "index") for path in paths}
    tables = {f"{name}.parquet" for name in TABLES}
    numbers = [int(name[:7]) for name in items if name[:7].isdigit()]
    count = max(numbers, default=-1) + 1
    return Owned(frozenset(files | tables | {MANIFEST}), {}, count, count)


def _below(output: str, pattern: str) -> Iterator[str]:
    """Yield the paths below an output that a glob names, dangling links among them, with `/` between."""
    base = join(output, "")
    for file in find_below(output, pattern, odd=True):
        yield file.path.removeprefix(base)


def ours_on_disk(output: str, owned: Owned, patterns: Iterable[str] = (*OUTPUTS, *WORK)) -> Iterator[str]:
    """Yield the paths below an output of the files that are there and ours."""
    yield from filter(owned.has, below_output(output, patterns))


def remove_temporaries(output: str, owned: Owned) -> None:
    """Remove what writers that were killed left behind of our own files; temporary names exist locally alone."""
    remove_below(output, [path for path in ours_on_disk(output, owned) if named_finally(path)])


def note_owned(output: str, owned: Owned) -> None:
    """Write down what of an output is ours, before any of it is written."""
    write_bytes(WorkFolder(output).owned, owned.dump())


def plan_shards(work: WorkFolder, counts: Mapping[str, int]) -> None:
    """Put shards on the list of what is ours before the first is written; from then on no older manifest is true.

    Args:
        work: of the output, whose list the launcher has written.
        counts: language → shards.

    Raises:
        WorldError: if a file is in the place of one, and is not ours.
    """
    work.check_current()
    output = work.output
    noted = _noted(output) or NOBODY
    more = noted.with_more(planned=counts)
    for path in below_output(output, ("data/lang=*/*", "index/lang=*/*")):
        if more.has(path) and not noted.has(path):
            raise WorldError(f"cannot write {join(output, path)}: a file that is not Babelmill's is there; move it")
    if more != noted:
        note_owned(output, more)
    if any(counts.values()):
        remove([work.taken_back])


def _noted(output: str) -> Owned | None:
    path = WorkFolder(output).owned
    return Owned.load(read_bytes(path, _LIST_BYTES)) if exists(path) else None


def below_output(output: str, patterns: Iterable[str]) -> Iterator[str]:
    """Yield the paths below an output of the files that globs name, dangling links among them."""
    for pattern in patterns:
        yield from _below(output, pattern)
