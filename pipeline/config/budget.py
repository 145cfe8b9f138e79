"""The configuration's section `budget`: what is wanted of the corpus. It decides nothing that a run writes."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_serializer,
    field_validator,
    model_validator,
)

from babelmill.pipeline.formatting.sizes import parse_count
from babelmill.transforms.errors import Collected, ConfigError, nearest
from babelmill.transforms.text.visible import quote
from babelmill.transforms.write.strata import CLUSTER_BOUNDS, LENGTH_BOUNDS

__all__ = ["BUDGET_FILES", "RECIPE_SHARES", "REST", "BudgetSection", "Sampling", "SourcesSection", "WeightsSection"]

BUDGET_FILES = ("budget.json", "budget.html")
"""What `babelmill budget` writes into a run's folder."""

REST = "rest"
"""Among languages and sources: those that are not named."""
RECIPE_SHARES: Mapping[str, float] = {"zh": 0.40, "en": 0.50, REST: 0.10}
"""What `shares: glm4` stands for. GLM-4 says mostly Chinese and English and gives no number (arXiv 2406.12793); these
are near the nearest mix that is published, Skywork-13B's: 39.8 % Chinese, 49.8 % English (arXiv 2310.19341)."""


def _whole(value: Any) -> Any:
    """Return a whole number, however it is written: 10T, 10e12, 10_000_000_000_000, "1e13"."""
    if isinstance(value, bool):
        raise ValueError("expected a number of tokens, got yes or no")
    if isinstance(value, float):
        number = Decimal(repr(value))
        if not number.is_finite() or number != number.to_integral_value():
            raise ValueError(f"{quote(value)} is no whole number of tokens")
        return int(number) if number.adjusted() < 30 else value
    if isinstance(value, str):
        try:
            return parse_count("", value)
        except ConfigError as error:
            raise ValueError(error.message) from error
    return value


def _add_up(shares: Mapping[str, float]) -> Mapping[str, float]:
    if shares and abs(sum(shares.values()) - 1) > 1e-9:
        raise ValueError(f"the shares add up to {sum(shares.values()):g}, not 1")
    return shares


def _bound(bounds: tuple[int, ...]) -> AfterValidator:
    def check(bound: int) -> int:
        if bound not in bounds:
            near = min(bounds, key=lambda other: abs(other - bound))
            raise ValueError(f"{bound} is no bound of a bucket; the nearest is {near}")
        return bound

    return AfterValidator(check)


_Total = Field(gt=0, le=10**18)
_Tokens = Annotated[
    int, _Total, BeforeValidator(_whole, json_schema_input_type=Annotated[int, _Total] | Annotated[float, _Total])
]
_Share = Annotated[float, Field(ge=0, le=1)]
_Shares = Annotated[Mapping[str, _Share], AfterValidator(_add_up)]
_Epochs = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Weight = Annotated[float, Field(ge=0, le=1e6)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sampling(_Section):
    """How `rest` is shared. `unimax`: equally, as far as `max_epochs` lets it. `temperature`: by tokens ** `alpha`."""

    method: Literal["unimax", "temperature"] = "unimax"
    alpha: Annotated[float, Field(ge=0, le=1)] | None = None

    @model_validator(mode="after")
    def _alpha_of_temperature(self) -> "Sampling":
        if (self.method == "temperature") != (self.alpha is not None):
            raise ValueError("temperature has an alpha, from 0 (equal parts) to 1 (by tokens); unimax has none")
        return self


class SourcesSection(_Section):
    """`shares`: source, or `rest` → share of `total_tokens`; without any, and without `sampling`, each language takes
    its sources as they come.

    `max_epochs`: source, or `rest` → most times that its documents may be seen.
    """

    shares: _Shares = {}
    sampling: Sampling | None = None
    max_epochs: Mapping[str, _Epochs] = {}


class WeightsSection(_Section):
    """How much oftener than others documents are seen: `source`: by name; `cluster_size`, `n_tokens`: from there on.

    The bounds are those of tokens.parquet, powers of two. What is not named, or lies below the first bound, has 1.
    """

    source: Mapping[str, _Weight] = {}
    cluster_size: Mapping[Annotated[int, _bound(CLUSTER_BOUNDS)], _Weight] = {}
    n_tokens: Mapping[Annotated[int, _bound(LENGTH_BOUNDS)], _Weight] = {}


class BudgetSection(_Section):
    """`shares`: language, or `rest` for all others → share of `total_tokens`; they add up to 1. `glm4` is None here.

    `sampling`: how the languages of `rest` share; alone, without `shares`, all are of `rest`. `max_epochs`: language,
    or `rest` → most times that its documents may be seen; what has none may be repeated for ever.
    """

    total_tokens: _Tokens = 10**13
    shares: Annotated[_Shares, Field(min_length=1)] | None = None
    sampling: Sampling = Sampling()
    max_epochs: Mapping[str, _Epochs] = {REST: 4}
    sources: SourcesSection = SourcesSection()
    weights: WeightsSection = WeightsSection()

    @model_validator(mode="before")
    @classmethod
    def _sampling_alone(cls, data: Any) -> Any:
        if isinstance(data, dict) and "sampling" in data and "shares" not in data:
            return {**data, "shares": {REST: 1}}
        return data

    @field_validator("shares", mode="before", json_schema_input_type=Literal["glm4"] | _Shares | None)
    @classmethod
    def _of_the_recipe(cls, value: Any) -> Any:
        if isinstance(value, str) and value != "glm4":
            raise ValueError(f"expected glm4, or language → share, got {quote(value)}")
        return None if value == "glm4" else value

    @field_serializer("shares")
    def _by_name(self, shares: Mapping[str, float] | None) -> Any:
        return "glm4" if shares is None else shares

    def check(self, languages: Sequence[str], sources: Sequence[str]) -> None:
        """Compare the names with those of a run.

        Raises:
            ConfigError: with the key, for each language or source that the run does not have.
        """
        wrong = Collected()
        for key, names, known, what in (
            ("shares", self.shares or {}, languages, "language"),
            ("max_epochs", self.max_epochs, languages, "language"),
            ("sources.shares", self.sources.shares, sources, "source"),
            ("sources.max_epochs", self.sources.max_epochs, sources, "source"),
            ("weights.source", self.weights.source, sources, "source"),
        ):
            valid = [*known, *([] if key == "weights.source" else [REST])]
            for name in names:
                with wrong.check():
                    if name not in valid:
                        raise ConfigError(
                            f"budget.{key}.{name}", f"{quote(name)} is no {what} of this run{nearest(name, valid)}"
                        )
        wrong.finish()
