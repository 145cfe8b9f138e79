"""What is wrong is told before anything is sent: one clear line, exit code 2, nothing staged, no job."""

import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import google.auth
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.exceptions import DefaultCredentialsError
from typer.testing import CliRunner

from babelmill.pipeline.cli import app
from babelmill.pipeline.dataflow.image import LABEL, Image, parse_image
from babelmill.transforms.files.storage import find_below
from babelmill.transforms.tokens.tokenizer import TokenizerSource, identify_tokenizer
from tests.dataflow_stub import Stub
from tests.pipeline.dataflow.sending import clouds, submit
from tests.pipeline.runs import at_root, errors_told


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with clouds() as stub:
        yield stub


@pytest.fixture(autouse=True)
def nothing_is_sent(stub: Stub) -> Iterator[None]:
    before = find_below("gs://bucket", "*")
    labels = stub.labels
    yield
    stub.labels, stub.refusal, stub.refuse_posts_only = labels, None, False
    assert not stub.jobs
    assert find_below("gs://bucket", "*") == before


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("dataflow.project=''", "dataflow.project: this key is missing; or give --project behind --"),
        ("dataflow.region=''", "dataflow.region: this key is missing; or give --region behind --"),
        ("dataflow.temp=''", "dataflow.temp: this key is missing; or give --temp_location behind --"),
        ("dataflow.image=''", "dataflow.image: this key is missing; or give --sdk_container_image behind --"),
        ("dataflow.region=moon", "dataflow.region: expected text that matches"),
        ("dataflow.temp=gs://nowhere/tmp", "dataflow.temp: no bucket 'nowhere' that we may look at: 404"),
        ("output=gs://nowhere/out", "output: no bucket 'nowhere' that we may look at: 404"),
        ("input.0.files=gs://nowhere/*", "input: cannot list gs://nowhere/*: 404"),
        ("input.0.files=gs://bucket/none/*", "input.0.files: no file matches 'gs://bucket/none/*'"),
        ("output=out/here", "output: 'out/here' lies on this machine, where no worker finds it; put it on gs://"),
        ("input.0.files=tests/data/corpus/fi.*", "input.0.files: 'tests/data/corpus/fi.*' lies on this machine"),
        ("dataflow.image=worker", "dataflow.image: 'worker' is no image reference with a tag or a digest"),
        ("dataflow.image=eu.gcr.io/p/w", "dataflow.image: 'eu.gcr.io/p/w' is no image reference with a tag"),
        ("dataflow.image=eu.gcr.io/p/w:9.9.9", "dataflow.image: eu.gcr.io/p/w:9.9.9 is of another version than"),
        ("dataflow.region=europe-west1", "output: gs://bucket is in us, the job runs in europe-west1"),
    ],
)  # fmt: skip
def test_a_wrong_configuration_is_told(stub: Stub, setting: str, told: str) -> None:
    sent = submit(stub, settings=(setting,))
    assert sent.code == 2
    errors = errors_told(sent.err)
    assert any(error.startswith(told) for error in errors)
    assert len(errors) == len({error.split(":")[0] for error in errors})


def test_a_model_that_lies_here_alone_is_told(stub: Stub, tmp_path: Path, lid_model: str) -> None:
    model = tmp_path / "own.ftz"
    model.write_bytes(Path(lid_model).read_bytes())
    sent = submit(stub, settings=(f"quality.models={{own: {{path: '{model}', label: en}}}}",))
    assert sent.code == 2
    assert errors_told(sent.err) == [f"models: {str(model)!r} lies on this machine and in no package; put it on gs://"]


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_a_tokenizer_made_of_ranks_is_told(stub: Stub, tmp_path: Path, dry: tuple[str, ...]) -> None:
    """It is in the cache of this machine; and what is said to do makes the same tokenizer."""
    ranks = tmp_path / "bytes.tiktoken"
    ranks.write_bytes(b"".join(b64encode(bytes([byte])) + b" %d\n" % byte for byte in range(256)))
    source = TokenizerSource(ranks=str(ranks), pattern="gpt2")
    sent = submit(stub, *dry, settings=(f"tokens.tokenizer={{ranks: '{ranks}', pattern: gpt2}}",))
    assert sent.code == 2
    assert errors_told(sent.err) == [
        "tokens.tokenizer.ranks: the tokenizer.json made of the ranks is on this machine; "
        f"put {source.resolve()} on gs:// and give tokens.tokenizer.path"
    ]
    made = tmp_path / "tokenizer.json"
    made.write_bytes(Path(source.resolve()).read_bytes())
    assert identify_tokenizer(str(made)) == identify_tokenizer(source.resolve())


@pytest.mark.parametrize(
    ("status", "message"),
    [(403, "Permission denied on resource project my-project."), (400, "The region is not known.")],
)
def test_a_project_that_refuses_is_told(stub: Stub, status: int, message: str) -> None:
    stub.refusal = status, message
    sent = submit(stub)
    assert sent.code == 2
    [error] = errors_told(sent.err)
    assert error.startswith(f"dataflow.project: no access to the jobs of 'my-project' in 'us-central1': {status}")
    assert message in error


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (None, "has no image "),
        ({}, "holds the code none of ours, this is "),
        ({LABEL: "0123456789abcdef"}, "holds the code 0123456789abcdef, this is "),
    ],
)
def test_a_wrong_image_is_told(stub: Stub, labels: dict[str, str] | None, told: str) -> None:
    stub.labels = labels
    sent = submit(stub)
    assert sent.code == 2
    [error] = errors_told(sent.err)
    assert error.startswith("dataflow.image: ")
    assert told in error


def account(folder: Path, stub: Stub) -> Path:
    """Write the key of a service account whose tokens the stub refuses."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    path = folder / "key.json"
    found = {"type": "service_account", "client_email": "a@b.iam", "private_key": pem, "private_key_id": "1"}
    path.write_text(json.dumps({**found, "project_id": "p", "token_uri": f"{stub.endpoint}/token"}))
    return path


def with_credentials(stub: Stub, *arguments: str) -> tuple[int, str, str]:
    command = ["submit", "configs/sample.yaml", *arguments, "--set", "output=gs://bucket/out"]
    command += [
        "--set",
        f"dataflow={{project: my-project, region: us-central1, temp: gs://x/t, image: '{stub.image}'}}",
    ]
    command += ["--set", "input=[{source: docs, files: 'gs://bucket/in/*'}]"]
    with at_root():
        result = CliRunner().invoke(app, command)
    return result.exit_code, result.stdout, result.stderr


def test_expired_credentials_are_told_without_a_secret(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = account(tmp_path, stub)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    code, out, told = with_credentials(stub)
    assert code == 2
    assert told.startswith("babelmill: credentials: they have expired or are refused (invalid_grant): gcloud auth")
    assert len(told.splitlines()) == 1
    assert "PRIVATE" not in out + told


def absent(*_: object, **__: object) -> None:
    raise DefaultCredentialsError("none")


def test_absent_credentials_are_told(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google.auth, "default", absent)
    code, _, told = with_credentials(stub)
    assert (code, told.split(":")[:2]) == (2, ["babelmill", " credentials"])
    assert len(told.splitlines()) == 1


def test_a_dry_run_needs_neither_credentials_nor_a_network(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google.auth, "default", absent)
    # Nothing listens there: whoever asks fails.
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
    asked = len(stub.paths)
    code, out, told = with_credentials(stub, "--dry-run")
    assert (code, told) == (0, "")
    assert "unseen  credentials: there are none" in out
    assert "unseen  input: not listed: without credentials" in out
    assert "right   graph: " in out
    assert len(stub.paths) == asked
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("us-docker.pkg.dev/p/r/w:0.1.0", Image("us-docker.pkg.dev", "p/r/w", "0.1.0", None)),
        (f"gcr.io/p/w@sha256:{'a' * 64}", Image("gcr.io", "p/w", None, f"sha256:{'a' * 64}")),
        ("localhost:5000/w:1", Image("localhost:5000", "w", "1", None)),
        ("gcr.io/p/w", None),
        ("worker:1", None),
        ("gcr.io/P/W:1", None),
        ("gcr.io/p/w:1 ", None),
    ],
)
def test_image_references(reference: str, parts: Image | None) -> None:
    assert parse_image(reference) == parts
