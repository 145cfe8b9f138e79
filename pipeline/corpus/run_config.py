"""What readers of a run count on of its configuration, which a manifest has as the version wrote it that made the run.

Checked once, like the rest of the manifest: it may be a stranger's. `Config` is all of it, and of this version alone.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from pydantic import AliasChoices, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from babelmill.pipeline.config.budget import BudgetSection
from babelmill.transforms.write.listed import Text

__all__ = ["RunConfig", "RunSource", "read_run_config"]


@dataclass(frozen=True, slots=True)
class RunSource:
    """A source: its name, and the field of its records that has their id."""

    source: Text
    id: Text = "id"


@dataclass(frozen=True, slots=True)
class RunPii:
    """Which kinds of personal data were masked; runs of the first versions looked for none."""

    mask: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class RunTokens:
    """Where the tokenizer came from, as `TokenizerSource` has it in some version."""

    tokenizer: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunConfig:
    """A run's configuration, as far as whoever looks at the run needs it."""

    input: tuple[RunSource, ...]
    languages: Literal["glm4"] | tuple[Text, ...]
    budget: BudgetSection
    pii: RunPii = Field(default=RunPii(), validation_alias=AliasChoices("pii", "personal"))
    """Earlier versions call it `personal`."""
    tokens: RunTokens = RunTokens()


_RUN_CONFIG = TypeAdapter(RunConfig)


def read_run_config(config: Mapping[str, object]) -> RunConfig:
    """Return what readers need of a manifest's configuration.

    Raises:
        ValidationError: if it is not there, or something else.
    """
    return _RUN_CONFIG.validate_python(config)
