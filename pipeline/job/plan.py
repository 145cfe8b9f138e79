"""The plan: a configuration checked against the world, and turned into the parts of a graph. Starts no worker."""

import itertools
import secrets
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

import pyarrow as pa

from babelmill.pipeline.config.model import Config
from babelmill.pipeline.job.code_version import code_version, environment
from babelmill.pipeline.job.fields import Seen, look_at_fields
from babelmill.pipeline.job.lookup import find_formats, find_input, find_tokenizer, passed_over
from babelmill.pipeline.job.own_files import OwnFiles
from babelmill.pipeline.job.previous_runs import old_files
from babelmill.pipeline.job.stages import Screening, make_screening
from babelmill.pipeline.job.thresholds import thresholds
from babelmill.pipeline.job.unreadable import unreadable_files
from babelmill.pipeline.job.unwritable import unwritable_languages
from babelmill.transforms.dedup.exchange import Grouping, group
from babelmill.transforms.dedup.index import OldFile
from babelmill.transforms.dedup.rank import Keep
from babelmill.transforms.dedup.sign import Sign
from babelmill.transforms.documents import READ
from babelmill.transforms.errors import Collected, ConfigError
from babelmill.transforms.files.storage import is_local
from babelmill.transforms.fingerprint import fingerprint
from babelmill.transforms.models.resources import address, moved
from babelmill.transforms.pii.mask import Mask
from babelmill.transforms.quality.signals import BOUNDABLE
from babelmill.transforms.read.formats import Formats
from babelmill.transforms.read.items import MAX_ITEMS, TEXT_RATIO, Item
from babelmill.transforms.read.work_items import work_items
from babelmill.transforms.stages import Annotate, Judge, Step, contract
from babelmill.transforms.tokens.tokenize import Tokenize
from babelmill.transforms.tokens.tokenizer import Identity
from babelmill.transforms.work import WorkFolder
from babelmill.transforms.write.manifest_file import FORMAT, ModelFile, RunIdentity, TokenizerIdentity

__all__ = ["Plan", "make_plan"]

_RECORD_SHARE = 0.28
"""Bytes of signature records a byte of text: 15 records of 56 bytes for a document of 3 kB."""
_PARTITION_BYTES = 1 << 26
"""Signature records that one worker sorts at a time, roughly."""
_NOT_WRITTEN = 0.5
"""Share of a language's characters without a token from which on no document of it can be meant to be written."""


class Plan(NamedTuple):
    """All that a graph is built from; every part has been loaded or looked at once."""

    config: Config
    formats: Formats
    """Of the input."""
    mask: Mask
    steps: tuple[Step, ...]
    """The screen's stages behind reading."""
    schema: pa.Schema
    """What leaves the screen."""
    tokenize: Tokenize
    tokenizer: Identity
    models: Mapping[str, ModelFile]
    """`language` and `quality/<name>` → the model's file."""
    profile_digest: str
    """Of the quality profile's content, overrides and learned filters included."""
    own_steps: Mapping[str, str]
    """`module:name` of each step from outside → its fingerprint."""
    items: tuple[Item, ...]
    old_files: tuple[OldFile, ...]
    """The indexes of earlier runs."""
    partitions: int
    by_reference: bool
    token: str
    """Of this run alone: its work folder names it while it may write there."""
    seen: tuple[Seen, ...]
    """What the head of a file of each source has; nothing where the input was not looked at."""
    sent_digests: tuple[str, str]
    """Fingerprints of `steps` and `tokenize` as they were planned, their files by their bytes."""
    step_digests: Mapping[str, str]
    """Stage and class of all that is done to documents → its fingerprint then: parameters, models, users' code."""
    unwritable: Mapping[str, float] = {}
    """Language → the share of the characters of its stop words that the tokenizer has no token for; none with 0."""
    unreadable: tuple[str, ...] = ()
    """What is known not to be readable of the input, a sentence for each source."""
    passed_over: tuple[str, ...] = ()
    """Which files that the globs found are no input, a sentence each."""
    queued: bool = False
    """Whether workers take work items from a queue; else the engine deals them out."""
    elsewhere: bool = False
    """Whether workers are on other machines than this one."""

    @property
    def work(self) -> WorkFolder:
        """Where the stages hand over."""
        return WorkFolder(self.config.output, self.token)

    @property
    def portable(self) -> "Plan":
        """The plan for workers elsewhere: what it is to make, and its digests, are the same."""
        return self._replace(elsewhere=True)

    @property
    def sent(self) -> tuple[tuple[Step, ...], Tokenize]:
        """`steps` and `tokenize` as the graph has them: elsewhere a model is named so that a worker finds its own."""
        return moved((self.steps, self.tokenize), address) if self.elsewhere else (self.steps, self.tokenize)

    @property
    def signals(self) -> tuple[str, ...]:
        """Columns that there are histograms of: what rules may bound, and the scores of learned filters."""
        return tuple(name for name in self.schema.names if name in BOUNDABLE or name.startswith("model_"))

    @property
    def refused_languages(self) -> dict[str, float]:
        """Of `unwritable`, what no document can be written in: half of its characters or more have no token."""
        allowed = max(self.config.tokens.max_unknown_ratio, _NOT_WRITTEN)
        return {lang: share for lang, share in self.unwritable.items() if share > allowed}

    @property
    def thresholds(self) -> pa.Table:
        """What each signal must be in each language."""
        return thresholds(self.config, self.steps)

    @property
    def files(self) -> dict[str, int]:
        """Input path → size in bytes, in input order."""
        return {piece.path: piece.size for item in self.items for piece in item.pieces}

    @property
    def screen_digest(self) -> str:
        """Of everything that decides what the screen makes of an item, apart from the item and its source."""
        config = self.config
        parts = config.model_dump(mode="json", include={"seed", "limits", "audit"})
        dedup = config.dedup.model_dump(mode="json", exclude={"against", "cluster", "exchange", "old"})
        parts |= {"dedup": dedup}
        made_with = [code_version(), environment(), self._model_digests, self.partitions]
        own = self.formats.own
        return fingerprint((made_with, parts, self.sent_digests[0], own, self.mask, self.schema, self.signals))

    @property
    def digest(self) -> str:
        """Of everything that decides the shards' bytes: code, models, configuration but `output`, `work`, `budget`."""
        content = {key: value for key, value in self._content.items() if key != "budget"}
        made_with = [code_version(), environment(), self._model_digests, self.profile_digest, self.tokenizer.sha256]
        return fingerprint((made_with, content, self.step_digests))

    @property
    def _model_digests(self) -> list[str]:
        return [model.sha256 for _, model in sorted(self.models.items())]

    @property
    def _content(self) -> dict[str, object]:
        """The configuration without what changes only where and how the work is done."""
        return self.config.model_dump(
            mode="json", exclude={"output": True, "work": True, "access": True, "dataflow": True, "dedup": {"exchange"}}
        )

    @property
    def grouping(self) -> Grouping | None:
        """How signatures are regrouped; None where partitions read the items' own files."""
        if self.by_reference:
            return None
        # An earlier run's index has the signatures of a shard.
        text = sum(self.files.values()) * TEXT_RATIO + len(self.old_files) * self.config.shards.target_bytes
        return group(len(self.items) + len(self.old_files), text * _RECORD_SHARE, self.partitions)

    @property
    def identity(self) -> RunIdentity:
        """What the manifest says of what the run is made from."""
        return RunIdentity(
            format=FORMAT,
            name=self.config.name,
            version=_version(),
            code=code_version(),
            environment=environment(),
            config_digest=self.digest,
            config=self._content,
            tokenizer=TokenizerIdentity(**self.tokenizer._asdict()),
            quality_profile=self.profile_digest,
            models=self.models,
            own_steps=self.own_steps,
        )


def _step_digests(formats: Formats, mask: Mask, steps: Sequence[Step], tokenize: Tokenize) -> dict[str, str]:
    """Return stage and class → fingerprint; a second one of a class in a stage has a number behind its name."""
    found: dict[str, str] = {f"read.{own.name}": fingerprint(own) for own in formats.own}
    found["mask"] = fingerprint(mask)
    for step in steps:
        for part in _parts(step):
            names = (f"{step.stage}.{type(part).__name__}{number or ''}" for number in itertools.count())
            found[next(name for name in names if name not in found)] = fingerprint(part)
    return {**found, "tokenize": fingerprint(tokenize)}


def _parts(step: Step) -> tuple[object, ...]:
    """Return the annotators or rules of a stage."""
    return step.annotators if isinstance(step, Annotate) else step.rules if isinstance(step, Judge) else (step,)


def _version() -> str:
    try:
        return version("babelmill")
    except PackageNotFoundError:
        return "0+checkout"


def _sign(config: Config, screening: Screening) -> Step:
    """Return the screen's last step; without a rule there is no quality to rank equals by."""
    keys = tuple(key for key in config.dedup.keep if screening.rated or key != "quality")
    keep = Keep(keys, tuple(source.source for source in config.input))
    return Annotate("sign", (Sign(keep, config.dedup.near, config.seed, config.dedup.fold),))


def _partitions(config: Config, text_bytes: int) -> int:
    if config.work.partitions != "auto":
        return config.work.partitions
    wanted = text_bytes * _RECORD_SHARE / _PARTITION_BYTES
    return int(min(max(8, 2 ** max(0, int(wanted).bit_length())), 1 << 14))


def make_plan(config: Config, input_bytes: int | None = None) -> Plan:
    """Check everything that a run needs, and cut the input into work items.

    Args:
        config: the configuration.
        input_bytes: do not look at the input, but plan as if it had this size; there are no work items then.

    Raises:
        ConfigError: for whatever would fail later: a glob without a match, a model or tokenizer that does not load,
            a language without a profile, stages that do not fit each other, a text field that no record has.
    """
    wrong = Collected()
    with wrong.check():
        tokenizer_path, tokenizer = find_tokenizer(config)
        unwritable = unwritable_languages(tokenizer_path, tokenizer.unknown, config.wanted)
    with wrong.check():
        screening = make_screening(config)
    own = OwnFiles(config.output)
    with wrong.check():
        formats = find_formats(config)
    markers: list[str] = []
    with wrong.check():
        found = find_input(config, own, markers) if input_bytes is None else []
    wrong.finish()
    steps = (*screening.steps, _sign(config, screening))
    mask = Mask(config.pii.mask)
    schema = contract(pa.schema([*READ, *mask.adds]), steps)
    tokenize = Tokenize(tokenizer_path, config.tokens.ids, tokenizer.unknown)
    contract(schema, (Annotate("tokens", (tokenize,)),))
    seen = look_at_fields(found, config.limits, formats)
    items = tuple(work_items(found, config.work.item_bytes, formats))
    earlier = old_files(config, len(items))
    if len(items) + len(earlier) > MAX_ITEMS:
        raise ConfigError("dedup.against", f"{len(earlier)} index files and {len(items)} work items are too many")
    size = sum(file.size for _, _, file in found) if input_bytes is None else input_bytes
    exchange = config.dedup.exchange
    return Plan(
        config=config,
        formats=formats,
        mask=mask,
        steps=steps,
        schema=schema,
        tokenize=tokenize,
        tokenizer=tokenizer,
        models=screening.models,
        profile_digest=screening.profile_digest,
        own_steps={
            **{name: fingerprint(own) for name, own in zip(config.read.formats, formats.own, strict=True)},
            **screening.own,
        },
        items=items,
        old_files=earlier,
        partitions=_partitions(config, size * TEXT_RATIO),
        token=secrets.token_hex(16),
        by_reference=exchange == "references" or (exchange == "auto" and is_local(config.output)),
        seen=seen,
        sent_digests=(fingerprint(steps), fingerprint(tokenize)),
        step_digests=_step_digests(formats, mask, steps, tokenize),
        unwritable=unwritable,
        unreadable=tuple(unreadable_files(found, config.limits, formats)),
        passed_over=(*own.others.told(), *passed_over(markers)),
    )
