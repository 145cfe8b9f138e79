"""What has changed since the last run into the same output, and what of its work is done again for it."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import field, fields, replace

import orjson
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from babelmill.pipeline.job.plan import Plan
from babelmill.transforms.errors import ConfigError, WorldError
from babelmill.transforms.files.bounded_json import read_json
from babelmill.transforms.files.storage import FoundFile, exists, join
from babelmill.transforms.read.items import Piece
from babelmill.transforms.read.unchanged import change_of, planned_pieces
from babelmill.transforms.write.manifest_file import FORMAT, MANIFEST, Manifest, RunIdentity
from babelmill.transforms.write.owned import read_manifest

__all__ = ["Note", "changes", "note_of", "refuse_replacing", "replaced"]

_MOST_NAMED = 10
_MOST_TOLD = 3
_CHANGED = "changed since the last run: "
_NOT_REPLACING = ("budget.", "tokenizer.engine")
"""What may differ without a run being another one: it decides nothing that is written."""
_MOST_CHARS = 60
_NOTE_BYTES = 1 << 28
"""Of a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(RunIdentity):
    """What a run was made from, as its work folder keeps it for the next one to compare with.

    Args:
        screen_digest: of everything that decides what the screen makes of an item.
        steps: stage and class of all that is done to documents → its fingerprint.
    """

    screen_digest: str = ""
    steps: Mapping[str, str] = field(default_factory=dict)

    def dump(self) -> bytes:
        """Return the content of `work/run.json`."""
        return orjson.dumps({one.name: getattr(self, one.name) for one in fields(self) if one.name != "format"})


_NOTE = TypeAdapter(Note)


def note_of(plan: Plan) -> Note:
    """Return what a run leaves in its work folder for the next one to compare with."""
    now = plan.identity
    made_from = {one.name: getattr(now, one.name) for one in fields(now)}
    return Note(**made_from, screen_digest=plan.screen_digest, steps=plan.step_digests)


def changes(plan: Plan) -> list[str]:
    """Return what differs from the last run, a sentence each: input files by name, configuration by key.

    Call it before the plan is laid out. What the last run was made from stands in its work folder, else in its
    manifest; where neither can be read there is nothing to compare with.
    """
    manifest = read_manifest(plan.config.output)
    before = _noted(plan.work.run) or manifest
    files = _files(plan, manifest)
    if not files and not before:
        return []
    found = _changed_files(plan, files)
    other = _changed_settings(before, note_of(plan)) if before else []
    told = [*_short(found), *_short(other)]
    if told and before:
        told.append(_again(before, plan, bool(found)))
    return told


def replaced(plan: Plan) -> list[str]:
    """Return what of its configuration a finished run in the output has otherwise, `key (old → new)` each.

    Nothing where there is no finished run, or one of the same configuration: other input files and newer code are no
    other configuration.
    """
    manifest = read_manifest(plan.config.output)
    if manifest is None or manifest.config_digest == plan.digest:
        return []
    now = replace(plan.identity, code=manifest.code, environment=manifest.environment)
    lines = (line.removeprefix(_CHANGED) for line in _changed_settings(manifest, now))
    return [line for line in lines if not line.startswith(_NOT_REPLACING)]


def refuse_replacing(plan: Plan) -> None:
    """Refuse to replace a finished run by one of another configuration.

    Raises:
        ConfigError: naming what differs, and another output.
    """
    differing = replaced(plan)
    if differing:
        more = f" and {len(differing) - _MOST_TOLD} more" if len(differing) > _MOST_TOLD else ""
        raise ConfigError(
            "output",
            f"{plan.config.output} is a finished run of another configuration: "
            f"{', '.join(differing[:_MOST_TOLD])}{more}; replace it: --replace, or keep it: "
            f"--set output={_free(plan.config.output)}",
        )


def _free(output: str) -> str:
    """Return the name of an output that is not there yet."""
    names = (f"{output.rstrip('/')}-{number}" for number in itertools.count(2))
    return next(name for name in names if not (exists(name) or exists(join(name, MANIFEST))))


def _noted(path: str) -> Note | None:
    """Return the last run's note; None where there is none that can be read: it is a help and decides nothing."""
    try:
        found = read_json(path, _NOTE_BYTES) if exists(path) else None
        return _NOTE.validate_python({"format": FORMAT, **found}) if isinstance(found, dict) else None
    except (WorldError, ValueError):
        return None


def _files(plan: Plan, manifest: Manifest | None) -> dict[str, Piece]:
    """Return path → a piece of each of the last run's input files; the manifest knows no times."""
    try:
        if pieces := planned_pieces(plan.work.items):
            return pieces
    except (WorldError, ValueError, TypeError, KeyError):
        return {}
    return {row.path: Piece(row.path, "", row.bytes, 0.0) for row in manifest.inputs} if manifest else {}


def _changed_files(plan: Plan, before: Mapping[str, Piece]) -> list[str]:
    now = {piece.path: piece for item in plan.items for piece in item.pieces}
    if not before:
        return []
    told = []
    for path, piece in now.items():
        if path not in before:
            told.append(f"new since the last run: {path}")
        elif change := change_of(before[path], FoundFile(path, piece.size, piece.changed, piece.state)):
            told.append(f"{_CHANGED}{path} ({change})")
    return told + [f"gone since the last run: {path}" for path in before if path not in now]


def _changed_settings(before: RunIdentity, now: RunIdentity) -> list[str]:
    code = [f"{_CHANGED}the code ({before.code} → {now.code})"] if before.code != now.code else []
    told = []
    for part in ("config", "models", "own_steps", "tokenizer", "environment"):
        old, new = (dict(_leaves(_plain(getattr(made, part)), part)) for made in (before, now))
        for key in sorted(old.keys() | new.keys()):
            if old.get(key) != new.get(key):
                name = key.removeprefix("config.")
                told.append(f"{_CHANGED}{name}{_values(old.get(key), new.get(key))}")
    if before.quality_profile != now.quality_profile:
        told.append(f"{_CHANGED}the bounds of the quality profile")
    # What a key says already is not said again by the steps that it decides.
    return code + (told or [f"{_CHANGED}the step {name}" for name in _changed_steps(before, now)])


def _changed_steps(before: RunIdentity, now: RunIdentity) -> list[str]:
    """Return the steps that are others, or of other parameters; older notes and manifests do not have them."""
    old, new = (made.steps if isinstance(made, Note) else {} for made in (before, now))
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name)) if old and new else []


def _plain(value: object) -> object:
    """Return a value as JSON has it: the configuration's tuples are lists in a note."""
    found: object = orjson.loads(orjson.dumps(value))
    return found


def _leaves(value: object, key: str) -> Iterator[tuple[str, object]]:
    """Yield dotted key → value; a list is one value."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, f"{key}.{name}")
    else:
        yield key, value


def _values(old: object, new: object) -> str:
    """Say both values, where they are short and can hold no address."""
    plain = all(isinstance(value, str | int | float | None) and "://" not in str(value) for value in (old, new))
    text = f" ({old} → {new})"
    return text if plain and len(text) <= _MOST_CHARS else ""


def _again(before: RunIdentity, plan: Plan, files: bool) -> str:
    if not isinstance(before, Note) or before.screen_digest != plan.screen_digest:
        return "so all of it is screened again"
    if files:
        return "so the work items with these files are screened again, and no others"
    if before.config_digest != plan.digest:
        return "so the screened items are reused, and the shards are written again"
    return "so everything that was finished is reused"


def _short(lines: list[str]) -> list[str]:
    more = len(lines) - _MOST_NAMED
    return lines[:_MOST_NAMED] + ([f"… and {more:,} more"] if more > 0 else [])
