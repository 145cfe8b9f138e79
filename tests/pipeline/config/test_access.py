"""Access: only the schemes and hosts that are allowed; a secret in a path goes nowhere, not even into the error."""

import json
import logging
from pathlib import Path

import pytest
from typer.testing import CliRunner

from babelmill.pipeline.cli import app
from babelmill.pipeline.config.loader import load_config
from babelmill.pipeline.runners.logs import _Redacted
from babelmill.transforms.errors import BabelmillError, ConfigError, WorldError
from babelmill.transforms.secrets import has_secret, redacted
from tests.pipeline.runs import ROOT, manifest_of, plan_sample

SAMPLE = str(ROOT / "configs" / "sample.yaml")
SECRETS = [
    "gs://bucket/a.jsonl?X-Goog-Algorithm=GOOG4&X-Goog-Credential=me%40x&X-Goog-Signature=HUSH",
    "gs://bucket/a.jsonl?GoogleAccessId=me@x&Expires=1&Signature=HUSH",
    "s3://bucket/a.jsonl?X-Amz-Signature=HUSH&X-Amz-Expires=1",
    "s3://bucket/a.jsonl?AWSAccessKeyId=HUSH&Expires=1",
    "hdfs://me:HUSH@host/a.jsonl",
    "https://x.blob.core.windows.net/c/a.jsonl?sv=2020&sig=HUSH",
    "a.jsonl?token=HUSH",
]


def complaint(*settings: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(SAMPLE, settings)
    return str(caught.value)


@pytest.mark.parametrize("path", SECRETS)
@pytest.mark.parametrize(
    "setting",
    [
        "input=[{{source: a, files: {0}}}]", "input=[{{source: a, files: [b, {0}]}}]", "dedup.against=[{0}]",
        "language.model={0}", "tokens.tokenizer={{path: {0}}}", "output={0}",
        "tokens.tokenizer={{ranks: {0}, pattern: gpt2}}",
        "quality.models={{edu: {{path: {0}, label: hq}}}}",
    ],
)  # fmt: skip
def test_a_path_with_a_secret_is_refused_without_telling_it(path: str, setting: str) -> None:
    text = complaint(setting.format(json.dumps(path)))
    assert text.startswith("--set: " + setting.partition("=")[0].split(".")[0])
    assert "carries a signature" in text
    assert "HUSH" not in text


@pytest.mark.parametrize("path", SECRETS)
def test_no_error_tells_a_secret(path: str) -> None:
    for error in (BabelmillError(path), WorldError(f"cannot read {path}: 403"), ConfigError("input", path)):
        assert "HUSH" not in str(error)
    assert "HUSH" not in complaint(f"input.0.files={{x: {json.dumps(path)}}}")
    assert "HUSH" not in complaint(f"seed=[{path}")
    record = logging.LogRecord("transforms", logging.WARNING, "", 0, "read %s", (path,), None)
    assert "HUSH" not in _Redacted("%(message)s").format(record)


@pytest.mark.parametrize("path", SECRETS)
def test_no_command_tells_a_secret(path: str) -> None:
    for command in (
        ["plan", SAMPLE, "--set", f"output={path}"],
        ["inspect", path],
        ["verify", path],
        ["why", path, "x"],
    ):
        found = CliRunner().invoke(app, command)
        assert found.exit_code
        assert "HUSH" not in found.output


@pytest.mark.parametrize("option", ["--s3_secret_access_key=HUSH", "--s3_session_token HUSH", "--api-key=HUSH"])
def test_options_of_beam_are_secrets_too(option: str) -> None:
    assert redacted(f"ran with {option} --region=x") == f"ran with {option[:-4]}*** --region=x"


@pytest.mark.parametrize(
    "path",
    ["data/key=5/a.jsonl", "gs://bucket/a?.jsonl", "s3://b/x@y/a.jsonl", "data/-key=1.jsonl", "a?b=c.jsonl", "me@b"],
)
def test_what_is_no_secret(path: str) -> None:
    assert not has_secret(path)
    assert redacted(path) == path


@pytest.mark.parametrize("scheme", ["http", "https", "ftp", "file", "data", "azfs"])
def test_other_schemes_are_refused(scheme: str) -> None:
    path = f"{scheme}://host/a.jsonl"
    assert (
        complaint(f"input.0.files={path}")
        == f"--set: input.0.files: {scheme}:// is not among access.schemes, gs, s3, hdfs"
    )
    assert complaint(f"dedup.against=[{path}]").startswith("--set: dedup.against.0: ")


def test_only_listed_hosts() -> None:
    good = load_config(SAMPLE, ["access.hosts=[ours]", "input.0.files=gs://ours/a.jsonl"])
    assert good.input[0].files == "gs://ours/a.jsonl"
    text = complaint("access.hosts=[ours, also]", "input.0.files=[a.jsonl, 'gs://theirs/a.jsonl']")
    assert text == "--set: input.0.files.1: theirs is not among access.hosts, ours, also"
    assert complaint("access.hosts=[ours]", "input.0.files=gs://ours.evil/a.jsonl")
    assert complaint("access.hosts=[ours]", "input.0.files=gs://ours@evil/a.jsonl")


def test_who_may_be_read_from_changes_no_result(tmp_path: Path) -> None:
    one, other = plan_sample(tmp_path), plan_sample(tmp_path, ["access.hosts=[ours]", "access.schemes=[gs]"])
    assert (one.digest, one.screen_digest, one.identity) == (other.digest, other.screen_digest, other.identity)


def test_models_and_tokenizer_are_named_by_their_digests(finished: Path) -> None:
    manifest = manifest_of(finished)
    assert {len(model["sha256"]) for model in manifest["models"].values()} == {64}
    assert len(manifest["tokenizer"]["sha256"]) == 64
