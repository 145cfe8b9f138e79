"""The least score that a document's language must have: one for all languages, or one for each."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

__all__ = ["ALL", "LeastScores"]

ALL = "all"
"""Among languages: those that are not named."""
_USUAL = 0.5


def _of_each(value: Any) -> Any:
    """Return least scores as a mapping that has `all`; one number is that of all."""
    return {ALL: _USUAL, **value} if isinstance(value, Mapping) else {ALL: value}


_Score = Annotated[float, Field(ge=0, le=1)]
LeastScores = Annotated[
    Mapping[str, _Score], BeforeValidator(_of_each, json_schema_input_type=_Score | Mapping[str, _Score])
]
"""Language → least score in [0, 1], with `all` for the rest. One number is taken for all; what is not said is 0.5."""
