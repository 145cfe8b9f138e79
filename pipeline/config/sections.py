"""The sections of a configuration: frozen models, unknown keys forbidden. A field's name is the YAML key."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
)

from babelmill.pipeline.config.schema import RATIO
from babelmill.transforms.dedup.clusters import ClusterWay
from babelmill.transforms.dedup.rank import KeepKey, check_keys
from babelmill.transforms.dedup.sign import PRESETS, Near
from babelmill.transforms.language.min_score import LeastScores
from babelmill.transforms.pii.kinds import KINDS, Kind
from babelmill.transforms.text.fold import Fold
from babelmill.transforms.text.visible import quote
from babelmill.transforms.tokens.tokenizer import TokenizerSource

__all__ = [
    "DataflowSection",
    "DedupSection",
    "LanguageSection",
    "ModelSection",
    "PiiSection",
    "QualitySection",
    "ReadSection",
    "SWITCH",
    "Section",
    "ShardsSection",
    "Share",
    "TokensSection",
    "WorkSection",
    "no_doubles",
]

Share = Annotated[float, Field(ge=0, le=1)]
SWITCH = Literal["on", "off"] | bool
"""What may be written in place of a section: all its defaults, or nothing of it."""
_Bound = Annotated[float, Field(json_schema_extra={RATIO: True})]
"""Of a signal; 5% where the signal is a ratio."""
_Label = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
_LabelValue = Annotated[str, Field(pattern=r"^[a-z0-9_-]{0,63}$")]
"""What Google Cloud takes for a label's key and value."""


def no_doubles(values: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse a list that names something twice."""
    for value, times in Counter(values).items():
        if times > 1:
            raise ValueError(f"{quote(value)} stands twice")
    return values


class Section(BaseModel):
    """Frozen, and of no other keys than its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class PiiSection(Section):
    """`mask`: the kinds of personal data (PII) that placeholders replace; `pii: off` replaces none."""

    mask: Annotated[tuple[Kind, ...], AfterValidator(no_doubles)] = KINDS


class ReadSection(Section):
    """`formats`: formats of one's own, `module:name` each, whose names `format:` of a source may be."""

    formats: Annotated[tuple[str, ...], AfterValidator(no_doubles)] = ()


class LanguageSection(Section):
    """`model`: a fastText model, by path or by the name of one that comes with Babelmill.

    `min_score`: in [0, 1]; one for all languages, or language → least score, with `all` for the rest (0.5 without).

    `method`: `both` asks langid's naive Bayes first and the model where that is in doubt; `model` asks the model alone.
    """

    model: str = "lid.176.ftz"
    min_score: LeastScores = Field(default_factory=dict, validate_default=True)
    method: Literal["both", "model"] = "both"


class ModelSection(Section):
    """A learned filter: a supervised fastText model's probability of one of its labels.

    `path`: the model's file. `label`: with or without `__label__`. `at_least`: a number, or language → number with
    `all` for the others; without one the score is only written down. `chars`: how much of a document is read.
    """

    path: Annotated[str, Field(min_length=1)]
    label: Annotated[str, Field(min_length=1)]
    at_least: Share | Mapping[str, Share] = {}
    chars: Annotated[int, Field(gt=0)] = 10_000
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None


class QualitySection(Section):
    """`profile`: a name in configs/quality, a path, or `off`. `overrides`: language → signal → at_least, at_most.

    `models`: a name of the user's → a learned filter, whose score is the column `model_<name>`.

    `annotators`, `rules`: steps of one's own, `module:name` each; rules come last, and may read what annotators add.
    """

    profile: str = "fineweb2"
    overrides: Mapping[str, Mapping[str, Mapping[str, _Bound]]] = {}
    models: Mapping[Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,40}$")], ModelSection] = {}
    annotators: Annotated[tuple[str, ...], AfterValidator(no_doubles)] = ()
    rules: Annotated[tuple[str, ...], AfterValidator(no_doubles)] = ()


class DedupSection(Section):
    """`near: off` and `exact: false` turn each kind off; `near: thorough` finds nearly all.

    `keep`: which of equals survives, most important first. `cluster`: `greedy` removes a document only for one that is
    kept and was compared with it; `transitive` keeps the best document of all that hang together.

    `index`: leave an index for later runs. `against`: output folders of earlier runs whose documents take part; `old`:
    whether they win against new ones (which are removed) or lose (and are listed in superseded.parquet).

    `fold`: which differences do not count where near-duplicates are looked for.

    `exchange`: how signatures come together: by `references` into the work items' files (where files are near), by
    `records` that are regrouped into files by partition first (object stores), or `auto`: by where the output lies.
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
        "near", mode="before", json_schema_input_type=Near | SWITCH | Literal["default", "thorough"] | None
    )
    @classmethod
    def _off(cls, value: Any) -> Any:
        if isinstance(value, str) and value in PRESETS:
            return PRESETS[value]
        return None if value in ("off", False) else Near() if value in ("on", True) else value


class TokensSection(Section):
    """`tokenizer`: a tokenizer.json by path, package or hub, or one made of a rank file. `ids: false` counts only.

    `max_unknown_ratio`: of the tokens of a language, so many may be unknown, or characters without a token: more fail
    the run.
    """

    tokenizer: TokenizerSource
    ids: bool = True
    max_unknown_ratio: Share = 0.01


class ShardsSection(Section):
    """`target_bytes`: UTF-8 text a shard. `compression`: of Parquet's pages.

    A document whose columns are more than four times its text, for its URL perhaps, counts a quarter of them.
    """

    target_bytes: Annotated[int, Field(ge=1 << 10, le=1 << 30)] = 1 << 28
    compression: Literal["zstd", "snappy", "gzip", "none"] = "zstd"


class WorkSection(Section):
    """How the work is cut up; results do not depend on it.

    `item_bytes`: text of a work item, roughly. `partitions`: of the band hashes; `auto` goes by the input's size.
    """

    item_bytes: Annotated[int, Field(ge=1 << 10, le=1 << 36)] = 1 << 24
    partitions: Literal["auto"] | Annotated[int, Field(ge=1, le=1 << 16)] = "auto"


class DataflowSection(Section):
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
