"""The configuration: frozen models, unknown keys forbidden.

A field's name is the YAML key. Everything that changes results stands here; `work` alone changes only how the work is
cut up, never what comes out.
"""

from collections import Counter
from collections.abc import Mapping, Set
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationInfo,
    field_validator,
    model_validator,
)

from babelmill.pipeline.config.access import AccessSection
from babelmill.pipeline.config.budget import BudgetSection
from babelmill.pipeline.config.idle import refuse_idle
from babelmill.pipeline.config.schema import RATIO
from babelmill.transforms.dedup.choose import ClusterWay
from babelmill.transforms.dedup.rank import KEEP_BITS, KeepKey, check_keys
from babelmill.transforms.dedup.sign import PRESETS, Near
from babelmill.transforms.errors import Collected, ConfigError, ConfigErrors, nearest
from babelmill.transforms.language.min_score import LeastScores
from babelmill.transforms.languages import GLM4
from babelmill.transforms.pii.kinds import KINDS, Kind
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.sources import Source
from babelmill.transforms.secrets import SECRET_IN_PATH, has_secret
from babelmill.transforms.text.fold import Fold
from babelmill.transforms.text.visible import quote
from babelmill.transforms.tokens.tokenizer import TokenizerSource

__all__ = ["RENAMED", "Config", "DataflowSection", "ModelSection", "QualitySection"]

RENAMED = {"personal": "pii"}
"""Keys of earlier versions that are still read → what they are called now."""
_Share = Annotated[float, Field(ge=0, le=1)]
_Switch = Literal["on", "off"] | bool
"""What may be written in place of a section: all its defaults, or nothing of it."""
_Bound = Annotated[float, Field(json_schema_extra={RATIO: True})]
"""Of a signal; 5% where the signal is a ratio."""
_Label = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
_LabelValue = Annotated[str, Field(pattern=r"^[a-z0-9_-]{0,63}$")]
"""What Google Cloud takes for a label's key and value."""


def _no_doubles(values: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a list that names something twice."""
    for value, times in Counter(values).items():
        if times > 1:
            raise ValueError(f"{quote(value)} stands twice")
    return values


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class PiiSection(_Section):
    """`mask`: the kinds of personal data (PII) that placeholders replace; `pii: off` replaces none."""

    mask: Annotated[tuple[Kind, ...], AfterValidator(_no_doubles)] = KINDS


class ReadSection(_Section):
    """`formats`: formats of one's own, `module:name` each, whose names `format:` of a source may be."""

    formats: Annotated[tuple[str, ...], AfterValidator(_no_doubles)] = ()


class LanguageSection(_Section):
    """`model`: a fastText model, by path or by the name of one that comes with Babelmill.

    `min_score`: in [0, 1]; one for all languages, or language → least score, with `all` for the rest (0.5 without).

    `method`: `both` asks langid's naive Bayes first and the model where that is in doubt; `model` asks the model alone.
    """

    model: str = "lid.176.ftz"
    min_score: LeastScores = Field(default_factory=dict, validate_default=True)
    method: Literal["both", "model"] = "both"


class ModelSection(_Section):
    """A learned filter: a supervised fastText model's probability of one of its labels.

    `path`: the model's file. `label`: with or without `__label__`. `at_least`: a number, or language → number with
    `all` for the others; without one the score is only written down. `chars`: how much of a document is read.
    """

    path: Annotated[str, Field(min_length=1)]
    label: Annotated[str, Field(min_length=1)]
    at_least: _Share | Mapping[str, _Share] = {}
    chars: Annotated[int, Field(gt=0)] = 10_000
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None


class QualitySection(_Section):
    """`profile`: a name in configs/quality, a path, or `off`. `overrides`: language → signal → at_least, at_most.

    `models`: a name of the user's → a learned filter, whose score is the column `model_<name>`.

    `annotators`, `rules`: steps of one's own, `module:name` each; rules come last, and may read what annotators add.
    """

    profile: str = "fineweb2"
    overrides: Mapping[str, Mapping[str, Mapping[str, _Bound]]] = {}
    models: Mapping[Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,40}$")], ModelSection] = {}
    annotators: Annotated[tuple[str, ...], AfterValidator(_no_doubles)] = ()
    rules: Annotated[tuple[str, ...], AfterValidator(_no_doubles)] = ()


class DedupSection(_Section):
    """`near: off` and `exact: false` turn each kind off; `near: thorough` finds nearly all.

    `keep`: which of equals survives, most important first. `cluster`: `greedy` removes a document only for one that is
    kept and was compared with it; `transitive` keeps the best document of all that hang together.

    `index`: leave an index for later runs. `against`: output folders of earlier runs whose documents take part; `old`:
    whether they win against new ones (which are removed) or lose (and are listed in superseded.parquet).

    `fold`: which differences do not count where near-duplicates are looked for.

    `exchange`: what the shuffle carries of a signature: `references` into files (cheap where files are near), the
    `records` themselves (Dataflow), or `auto`: by where the output lies.
    """

    exact: bool = True
    near: Near | None = Near()
    fold: Fold = Fold()
    index: bool = True
    against: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    old: Literal["wins", "loses"] = "wins"
    keep: Annotated[tuple[KeepKey, ...], AfterValidator(check_keys)] = ("source_rank", "quality", "length")
    cluster: ClusterWay = "greedy"
    exchange: Literal["auto", "references", "records"] = "auto"

    @field_validator(
        "near", mode="before", json_schema_input_type=Near | _Switch | Literal["default", "thorough"] | None
    )
    @classmethod
    def _off(cls, value: Any) -> Any:
        if isinstance(value, str) and value in PRESETS:
            return PRESETS[value]
        return None if value in ("off", False) else Near() if value in ("on", True) else value


class TokensSection(_Section):
    """`tokenizer`: a tokenizer.json by path, package or hub, or one made of a rank file. `ids: false` counts only.

    `max_unknown_ratio`: of the tokens of a language, so many may be unknown, or characters without a token: more fail
    the run.
    """

    tokenizer: TokenizerSource
    ids: bool = True
    max_unknown_ratio: _Share = 0.01


class ShardsSection(_Section):
    """`target_bytes`: UTF-8 text a shard. `compression`: of Parquet's pages.

    A document whose columns are more than four times its text, for its URL perhaps, counts a quarter of them.
    """

    target_bytes: Annotated[int, Field(ge=1 << 10, le=1 << 30)] = 1 << 28
    compression: Literal["zstd", "snappy", "gzip", "none"] = "zstd"


class WorkSection(_Section):
    """How the work is cut up; results do not depend on it.

    `item_bytes`: text of a work item, roughly. `partitions`: of the band hashes; `auto` goes by the input's size.
    """

    item_bytes: Annotated[int, Field(ge=1 << 10, le=1 << 36)] = 1 << 24
    partitions: Literal["auto"] | Annotated[int, Field(ge=1, le=1 << 16)] = "auto"


class DataflowSection(_Section):
    """Where and on what `submit` runs; results do not depend on it, and `run` ignores it.

    `temp`: a folder on gs:// for what Dataflow stages. `image`: the worker image, with a tag or a digest. `machine`: of
    the workers. `disk_gb`: of each. `max_workers`: autoscaling's ceiling. `flexrs`: cheaper, within six hours. An
    empty text must come as an option behind `--`.
    """

    project: Annotated[str, Field(pattern=r"^([a-z][a-z0-9.:-]{0,80})?$")] = ""
    region: Annotated[str, Field(pattern=r"^([a-z]+-[a-z]+[0-9]+)?$")] = ""
    temp: Annotated[str, Field(pattern=r"^(gs://.+)?$")] = ""
    image: str = ""
    machine: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]+$")] = "n2-standard-4"
    disk_gb: Annotated[int, Field(ge=10, le=65536)] = 50
    max_workers: Annotated[int, Field(ge=1, le=4000)] = 100
    flexrs: bool = False
    labels: Mapping[_Label, _LabelValue] = {}


class Config(_Section):
    """A run's whole configuration."""

    name: Annotated[str, Field(pattern=r"^[\w.-]{1,80}$")]
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 0
    input: Annotated[tuple[Source, ...], Field(min_length=1)]
    output: Annotated[str, Field(min_length=1)]
    languages: Literal["glm4"] | Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_no_doubles)] = "glm4"
    read: ReadSection = ReadSection()
    pii: PiiSection = PiiSection()
    language: LanguageSection = LanguageSection()
    quality: QualitySection = QualitySection()
    dedup: DedupSection = DedupSection()
    tokens: TokensSection
    shards: ShardsSection = ShardsSection()
    audit: bool = False
    max_rejected_ratio: _Share = 0.05
    limits: Limits = Limits()
    access: AccessSection = AccessSection()
    work: WorkSection = WorkSection()
    budget: BudgetSection = BudgetSection()
    dataflow: DataflowSection = DataflowSection()
    _notices: tuple[str, ...] = ()

    @model_validator(mode="wrap")
    @classmethod
    def _accept_old_keys(cls, data: Any, handler: ModelWrapValidatorHandler["Config"]) -> "Config":
        """Read keys of earlier versions under their new names, and keep a notice of each."""
        if not isinstance(data, Mapping):
            return handler(data)
        old = [key for key in RENAMED if key in data]
        for key in old:
            if RENAMED[key] in data:
                raise ConfigError(key, f"this is the earlier name of {RENAMED[key]}, which is set, too; remove {key}")
        config = handler({RENAMED.get(key, key): value for key, value in data.items()})
        config._notices = tuple(f"{key}: the key is called {RENAMED[key]} now; {key} is still read" for key in old)
        return config

    @field_validator("pii", mode="before", json_schema_input_type=PiiSection | _Switch)
    @classmethod
    def _pii_off(cls, value: Any) -> Any:
        return {"mask": ()} if value in ("off", False) else {} if value in ("on", True) else value

    @field_validator("quality", mode="before", json_schema_input_type=QualitySection | _Switch)
    @classmethod
    def _quality_off(cls, value: Any) -> Any:
        return {"profile": "off"} if value in ("off", False) else {} if value in ("on", True) else value

    @field_validator("dedup", mode="before", json_schema_input_type=DedupSection | _Switch)
    @classmethod
    def _dedup_off(cls, value: Any) -> Any:
        return {"exact": False, "near": None} if value in ("off", False) else {} if value in ("on", True) else value

    @model_validator(mode="after")
    def _fits_together(self, info: ValidationInfo) -> "Config":
        if not (info.context or {}).get("unchecked") and (wrong := self.conflicts()):
            raise wrong[0] if len(wrong) == 1 else ConfigErrors(wrong)
        return self

    def conflicts(self, wrong: Set[str] = frozenset()) -> list[ConfigError]:
        """Return all that is wrong between keys, each of which is right by itself.

        Args:
            wrong: sections whose values are not those of the user: nothing is said of them.
        """
        found = Collected()
        for sections, check in (
            ({"input"}, self._check_names),
            ({"input", "dedup"}, self._check_rank),
            ({"access"}, lambda: self._check_paths(wrong)),
            ({"output"}, self._check_output),
            ({"languages", "input"}, self._check_declared),
            ({"budget", "languages", "input"}, self._check_budget),
            ({"quality", "dedup", "input"}, lambda: refuse_idle(self)),
        ):
            if not sections & wrong:
                with found.check():
                    check()
        return found.errors

    def _check_names(self) -> None:
        twice = [name for name, times in Counter(source.source for source in self.input).items() if times > 1]
        if twice:
            names = ", ".join(sorted(twice))
            raise ConfigError("input", f"two sources are called {names}; give one source several globs")

    def _check_rank(self) -> None:
        most, count = 1 << KEEP_BITS["source_rank"], len(self.input)
        if "source_rank" in self.dedup.keep and count > most:
            raise ConfigError("dedup.keep", f"source_rank orders at most {most} sources, there are {count}")

    def _check_paths(self, wrong: Set[str]) -> None:
        """Refuse every path that may not be read from."""
        found, tokenizer = Collected(), self.tokens.tokenizer
        paths = [
            *(
                (f"input.{number}.files" + ("" if isinstance(source.files, str) else f".{place}"), glob)
                for number, source in enumerate(self.input)
                for place, glob in enumerate(source.globs)
            ),
            *((f"dedup.against.{number}", folder) for number, folder in enumerate(self.dedup.against)),
            *((f"quality.models.{name}.path", model.path) for name, model in self.quality.models.items()),
            ("language.model", self.language.model),
            ("tokens.tokenizer.path", tokenizer.path or ""),
            ("tokens.tokenizer.ranks", tokenizer.ranks or ""),
        ]
        for key, path in paths:
            if key.partition(".")[0] not in wrong:
                with found.check():
                    self.access.check(key, path)
        found.finish()

    def _check_output(self) -> None:
        if has_secret(self.output):
            raise ConfigError("output", SECRET_IN_PATH)

    def _check_budget(self) -> None:
        self.budget.check(self.wanted, [source.source for source in self.input])

    @property
    def notices(self) -> tuple[str, ...]:
        """What whoever wrote the configuration should know, a sentence each: keys that have a new name."""
        return self._notices

    def _check_declared(self) -> None:
        found = Collected()
        for number, source in enumerate(self.input):
            if source.lang is not None and source.lang not in self.wanted:
                message = f"{quote(source.lang)} is no language of this run{nearest(source.lang, self.wanted)}"
                found.errors.append(ConfigError(f"input.{number}.lang", message))
        found.finish()

    @property
    def declared(self) -> dict[str, str]:
        """Source → the language that it is said to be in, of those that say it."""
        return {source.source: source.lang for source in self.input if source.lang is not None}

    @property
    def wanted(self) -> tuple[str, ...]:
        """The codes of the corpus's languages, `und` and `code` among them where they are kept."""
        return tuple(GLM4) if self.languages == "glm4" else tuple(self.languages)
