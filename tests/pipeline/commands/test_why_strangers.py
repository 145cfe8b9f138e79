"""`babelmill why` on a stranger's run: whoever looks at it is led to no file, and nothing of one is shown unasked."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.commands.why import call, failed, told
from tests.pipeline.lost import EN
from tests.pipeline.runs import manifest_of
from tests.strangers import change_manifest

SECRET = "the reader's own secret, which is long enough to be told from all else"


@pytest.fixture
def run(lost: Path, tmp_path: Path) -> Path:
    """The run without its work folder: what is read of its input is by the manifest alone."""
    run = Path(shutil.copytree(lost, tmp_path / "run"))
    shutil.rmtree(run / "work")
    return run


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "reader" / "diary.jsonl"
    path.parent.mkdir()
    path.write_text(json.dumps({"id": "diary", "text": SECRET}) + "\n")
    return path


def lead(run: Path, path: object, size: int, named: bool = True) -> None:
    """Let the manifest list a file as its first input, and its configuration name it or not."""

    def change(manifest: dict[str, Any]) -> None:
        source = manifest["config"]["input"][0]
        manifest["inputs"].insert(0, {"path": str(path), "source": source["source"], "bytes": size, "records": 1})
        if named:
            source["files"] = [source["files"], str(path)]

    change_manifest(run, change)


def test_a_file_that_a_glob_names_is_read(run: Path, secret: Path) -> None:
    # It is the reader's own, on the reader's own screen.
    lead(run, secret, secret.stat().st_size)
    assert told(run, "diary")["text"] == SECRET
    assert told(run, f"{secret}#0")["text"] == SECRET
    assert "--scan does that" in failed(run, "diary", "--no-scan")


@pytest.mark.parametrize("scan", [[], ["--scan"]])
def test_a_file_that_the_configuration_does_not_name(run: Path, secret: Path, scan: list[str]) -> None:
    lead(run, secret, secret.stat().st_size, named=False)
    for id in ("diary", f"{secret}#0"):
        line = failed(run, id, *scan)
        assert SECRET not in line
        assert (
            not (scan or "#" in id) or f"{secret} is not opened: the configuration of the run does not name it" in line
        )


def test_a_file_of_another_size_is_not_opened_unasked(run: Path, secret: Path) -> None:
    lead(run, secret, 7)
    os.chmod(secret, 0)
    assert f"{secret} has changed since the run: " in call(run, EN[1]).stdout


@pytest.mark.parametrize("path", ["mem://elsewhere/a.jsonl", "gs://elsewhere/a.jsonl", "https://example.org/a.jsonl"])
def test_a_store_is_not_asked_unasked(run: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a store was asked")

    monkeypatch.setattr("babelmill.transforms.files.storage._remote", never)
    change_manifest(run, lambda manifest: manifest["config"].update(access={"schemes": ["gs", "mem"], "hosts": []}))
    lead(run, path, 10, named=not path.startswith("https"))
    shown = call(run, EN[1])
    assert shown.exit_code == 0
    assert "is not opened" in shown.stdout
    assert call(run, "none").exit_code == 2


def test_access_holds_for_what_the_manifest_lists(run: Path) -> None:
    change_manifest(run, lambda manifest: manifest["config"].update(access={"schemes": ["gs"], "hosts": ["mine"]}))
    change_manifest(run, lambda manifest: manifest["config"]["input"][0].update(files="gs://mine/*.jsonl"))
    change_manifest(
        run, lambda manifest: manifest["inputs"][0].update(path="gs://mine/../theirs/a.jsonl", source="docs")
    )
    assert "is not opened: the configuration of the run does not name it" in failed(run, "none", "--scan")


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ({"language": {"model": "/etc/hostname"}}, "language.model, /etc/hostname"),
        ({"language": {"model": "gs://elsewhere/m.bin"}}, "language.model, gs://elsewhere/m.bin"),
        ({"quality": {"models": {"m": {"path": "/dev/zero", "label": "x"}}}}, "quality.models.m, /dev/zero"),
    ],
)
def test_models_that_the_run_names(run: Path, section: dict[str, Any], name: str) -> None:
    def change(manifest: dict[str, Any]) -> None:
        for key, value in section.items():
            manifest["config"][key] |= value

    change_manifest(run, change)
    shown = call(run, EN[1]).stdout
    assert f"measured again only with --scan: the run names {name}" in shown
    assert manifest_of(run)["config"]["name"] == "lost"


def test_a_line_larger_than_any_of_ours_is_refused_unasked(run: Path, secret: Path) -> None:
    secret.write_text(json.dumps({"id": EN[1], "text": "x" * (1 << 25)}) + "\n")
    lead(run, secret, secret.stat().st_size)
    change_manifest(run, lambda manifest: manifest["config"].update(limits={"record_bytes": 1 << 30}))
    assert call(run, EN[1]).exit_code == 0
