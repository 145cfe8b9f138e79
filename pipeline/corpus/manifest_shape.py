"""The shape of a manifest: what its readers count on, checked once, so that a forged one is an error and not a crash.

A manifest may come from anywhere with a SHA-256 that is right. Its paths lead below the run's folder.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from babelmill.pipeline.config.budget import BudgetSection

__all__ = ["shape_problem"]

_Count = Annotated[int, Field(ge=0, lt=1 << 63, strict=True)]
_Text = Annotated[str, Field(strict=True)]
_Digest = Annotated[str, Field(strict=True, pattern="^[0-9a-f]{64}$")]
_Below = r"^%s/lang=[^/\\\x00]+/[^/\\\x00]+\.parquet$"


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow")


class _File(_Part):
    rows: _Count
    file_bytes: _Count
    sha256: _Digest


class _Shard(_File):
    model_config = ConfigDict(extra="forbid")

    path: Annotated[str, Field(strict=True, pattern=_Below % "data")]
    lang: _Text
    text_bytes: _Count
    tokens: _Count


class _IndexFile(_File):
    path: Annotated[str, Field(strict=True, pattern=_Below % "index")]


class _Index(_Part):
    parameters: dict[str, Any]
    files: list[_IndexFile]


class _Input(_Part):
    path: _Text
    source: _Text
    bytes: _Count
    records: _Count


class _Source(_Part):
    source: _Text


class _Config(_Part):
    input: list[_Source]
    languages: Literal["glm4"] | list[_Text]
    budget: BudgetSection


class _Model(_Part):
    name: _Text
    sha256: _Digest


class _Tokenizer(_Part):
    sha256: _Digest
    unknown_id: _Count | None = None


class _Audit(_Part):
    rows: _Count
    text_bytes: _Count
    digest: _Digest


class _Manifest(_Part):
    name: _Text
    version: _Text = ""
    code: _Text = ""
    quality_profile: _Text = ""
    config_digest: _Digest
    config: _Config
    totals: dict[str, _Count]
    inputs: list[_Input]
    shards: list[_Shard]
    tables: dict[Annotated[str, Field(pattern="^[a-z]+$")], _File]
    models: dict[str, _Model] = {}
    tokenizer: _Tokenizer | None = None
    index: _Index | None = None
    audit: _Audit | None = None
    notes: dict[str, _Count] = {}


def shape_problem(manifest: Any) -> str:
    """Say what about a manifest is not as its readers want it: a key's path and why; nothing for a good one."""
    try:
        _Manifest.model_validate(manifest)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return ""
