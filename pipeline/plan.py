"""The plan: a configuration checked against the world, and turned into the parts of a graph. Starts no worker."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pyarrow as pa

import transforms
from pipeline.config import Config
from pipeline.profiles import Profile, load_profile, packaged
from transforms.dedup.rank import Keep
from transforms.dedup.sign import Sign
from transforms.documents import READ
from transforms.errors import ConfigError, WorldError, nearest
from transforms.language.bayes import labels
from transforms.language.identify import Identify, known_languages
from transforms.language.wanted import Wanted
from transforms.personal.mask import Mask
from transforms.quality.rules import Headroom
from transforms.quality.signals import Measure
from transforms.read.sources import TEXT_RATIO, Item, list_files, work_items
from transforms.stages import Annotate, Annotator, Judge, Step, contract
from transforms.storage import file_digest, is_local
from transforms.tokens.tokenize import Tokenize
from transforms.tokens.tokenizer import Identity, identify_tokenizer
from transforms.work import WorkFolder

__all__ = ["Plan", "code_version", "make_plan"]

_RECORD_SHARE = 0.25
"""Bytes of signature records a byte of text: 15 records of 48 bytes for a document of 3 kB."""
_PARTITION_BYTES = 1 << 26
"""Signature records that one worker sorts at a time, roughly."""


class Plan(NamedTuple):
    """All that a graph is built from; every part has been loaded or looked at once."""

    config: Config
    mask: Mask
    steps: tuple[Step, ...]
    """The screen's stages behind reading."""
    schema: pa.Schema
    """What leaves the screen."""
    tokenize: Tokenize
    tokenizer: Identity
    model_sha256: str
    profile_digest: str
    """Of the quality profile's content, overrides included."""
    items: tuple[Item, ...]
    partitions: int
    by_reference: bool

    @property
    def work(self) -> WorkFolder:
        """Where the stages hand over."""
        return WorkFolder(self.config.output)

    @property
    def files(self) -> dict[str, int]:
        """Input path → size in bytes, in input order."""
        return {piece.path: piece.size for item in self.items for piece in item.pieces}

    @property
    def screen_digest(self) -> str:
        """Of everything that decides what the screen makes of an item, apart from the item and its source."""
        config = self.config
        parts = config.model_dump(mode="json", include={"seed", "personal", "language", "limits", "audit"})
        parts |= {"wanted": config.wanted, "dedup": config.dedup.model_dump(mode="json", exclude={"exchange"})}
        sources = [source.source for source in config.input]
        return _digest([code_version(), parts, sources, self.profile_digest, self.model_sha256, self.partitions])

    @property
    def digest(self) -> str:
        """Of everything that decides the shards' bytes: configuration without `output` and `work`, models, code."""
        return _digest([code_version(), self._content, self.profile_digest, self.model_sha256, self.tokenizer.sha256])

    @property
    def _content(self) -> dict[str, Any]:
        """The configuration without what changes only where and how the work is done."""
        return self.config.model_dump(mode="json", exclude={"output": True, "work": True, "dedup": {"exchange"}})

    @property
    def identity(self) -> dict[str, Any]:
        """What the manifest says of the run."""
        return {
            "name": self.config.name,
            "version": _version(),
            "code": code_version(),
            "config_digest": self.digest,
            "config": self._content,
            "tokenizer": self.tokenizer._asdict(),
            "quality_profile": self.profile_digest,
            "models": {"language": {"name": Path(self.config.language.model).name, "sha256": self.model_sha256}},
        }


def _digest(value: Any) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _version() -> str:
    try:
        return version("babelmill")
    except PackageNotFoundError:
        return "0+checkout"


@cache
def code_version() -> str:
    """Return a digest of the source that results depend on: work that other code has done is not reused."""
    digest = hashlib.sha256()
    folder = Path(next(iter(transforms.__path__)))
    for path in [*sorted(folder.rglob("*.py")), Path(__file__).with_name("screen.py")]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _language_model(config: Config) -> tuple[str, str]:
    """Return the language model's path and digest, having loaded it, and check that it knows the wanted languages."""
    key, name = "language.model", config.language.model
    path = name if "/" in name or Path(name).exists() else packaged("models", name)
    if not Path(path).is_file():
        raise ConfigError(key, f"no file {name!r}; lid.176.ftz comes with Babelmill")
    try:
        known = known_languages(path) | (set(labels()) if config.language.method == "both" else set())
        digest = file_digest(path)
    except WorldError as error:
        raise ConfigError(key, str(error)) from error
    for number, lang in enumerate(config.wanted):
        if lang not in known:
            raise ConfigError(f"languages.{number}", f"{name} has no label {lang!r}{nearest(lang, sorted(known))}")
    return path, digest


def _steps(config: Config, model: str, profile: Profile | None) -> tuple[Step, ...]:
    """Return the screen's stages: the order in which a document meets them."""
    measured: tuple[Annotator, ...] = ()
    if profile:
        measured = (Measure(profile.stop_words), Headroom(profile.rules))
    keys = tuple(key for key in config.dedup.keep if profile or key != "quality")
    keep = Keep(keys, tuple(source.source for source in config.input))
    return (
        Annotate("language", (Identify(model, config.language.min_score, config.language.method),)),
        Judge("language", (Wanted(config.wanted),)),
        Annotate("quality", measured),
        Judge("quality", profile.rules if profile else ()),
        Annotate("sign", (Sign(keep, config.dedup.near, config.seed),)),
    )


def _partitions(config: Config, text_bytes: int) -> int:
    if config.work.partitions != "auto":
        return config.work.partitions
    wanted = text_bytes * _RECORD_SHARE / _PARTITION_BYTES
    return int(min(max(8, 2 ** max(0, int(wanted).bit_length())), 1 << 14))


def make_plan(config: Config) -> Plan:
    """Check everything that a run needs, and cut the input into work items.

    Raises:
        ConfigError: for whatever would fail later: a glob without a match, a model or tokenizer that does not load,
            a language without a profile, stages that do not fit each other.
    """
    try:
        tokenizer_path = config.tokens.tokenizer.resolve()
        tokenizer = identify_tokenizer(tokenizer_path)
    except WorldError as error:
        raise ConfigError("tokens.tokenizer", str(error)) from error
    model, model_sha256 = _language_model(config)
    profile = load_profile(config.quality, config.wanted)
    steps = _steps(config, model, profile)
    mask = Mask(config.personal.mask)
    schema = contract(pa.schema([*READ, *mask.adds]), steps)
    tokenize = Tokenize(tokenizer_path, config.tokens.ids)
    contract(schema, (Annotate("tokens", (tokenize,)),))
    try:
        found = list(list_files(config.input))
    except WorldError as error:
        raise ConfigError("input", str(error)) from error
    items = tuple(work_items(found, config.work.item_bytes))
    exchange = config.dedup.exchange
    return Plan(
        config=config,
        mask=mask,
        steps=steps,
        schema=schema,
        tokenize=tokenize,
        tokenizer=tokenizer,
        model_sha256=model_sha256,
        profile_digest=hashlib.sha256(repr(profile).encode()).hexdigest(),
        items=items,
        partitions=_partitions(config, sum(file.size for _, _, file in found) * TEXT_RATIO),
        by_reference=exchange == "references" or (exchange == "auto" and is_local(config.output)),
    )
