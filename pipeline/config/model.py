"""The configuration: its sections, and what must hold between them.

Everything that changes results stands here; `work` alone changes only how the work is
cut up, never what comes out.
"""

from collections import Counter
from collections.abc import Mapping, Set
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    ModelWrapValidatorHandler,
    ValidationInfo,
    field_validator,
    model_validator,
)

from babelmill.pipeline.config.access import AccessSection
from babelmill.pipeline.config.budget import BudgetSection
from babelmill.pipeline.config.idle import refuse_idle
from babelmill.pipeline.config.sections import (
    SWITCH,
    DataflowSection,
    DedupSection,
    LanguageSection,
    PiiSection,
    QualitySection,
    ReadSection,
    Section,
    ShardsSection,
    Share,
    TokensSection,
    WorkSection,
    no_doubles,
)
from babelmill.transforms.dedup.rank import keep_bits
from babelmill.transforms.errors import Collected, ConfigError, ConfigErrors, nearest
from babelmill.transforms.languages import RECIPE
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.sources import Source
from babelmill.transforms.secrets import SECRET_IN_PATH, has_secret
from babelmill.transforms.text.visible import quote

__all__ = ["RENAMED", "Config"]

RENAMED = {"personal": "pii"}
"""Keys of earlier versions that are still read → what they are called now."""


class Config(Section):
    """A run's whole configuration."""

    name: Annotated[str, Field(pattern=r"^[\w.-]{1,80}$")]
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 0
    input: Annotated[tuple[Source, ...], Field(min_length=1)]
    output: Annotated[str, Field(min_length=1)]
    languages: Literal["glm4"] | Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(no_doubles)] = "glm4"
    read: ReadSection = ReadSection()
    pii: PiiSection = PiiSection()
    language: LanguageSection = LanguageSection()
    quality: QualitySection = QualitySection()
    dedup: DedupSection = DedupSection()
    tokens: TokensSection
    shards: ShardsSection = ShardsSection()
    audit: bool = False
    max_rejected_ratio: Share = 0.05
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

    @field_validator("pii", mode="before", json_schema_input_type=PiiSection | SWITCH)
    @classmethod
    def _pii_off(cls, value: Any) -> Any:
        return {"mask": ()} if value in ("off", False) else {} if value in ("on", True) else value

    @field_validator("quality", mode="before", json_schema_input_type=QualitySection | SWITCH)
    @classmethod
    def _quality_off(cls, value: Any) -> Any:
        return {"profile": "off"} if value in ("off", False) else {} if value in ("on", True) else value

    @field_validator("dedup", mode="before", json_schema_input_type=DedupSection | SWITCH)
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
        try:
            keep_bits(self.dedup.keep, len(self.input))
        except ValueError as error:
            raise ConfigError("dedup.keep", str(error)) from error

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
        return RECIPE if self.languages == "glm4" else tuple(self.languages)
