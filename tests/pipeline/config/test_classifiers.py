"""Learned filters in a configuration: thresholds by language, and every wrong one told with its key."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from babelmill.pipeline.config.classifiers import load_models
from babelmill.pipeline.config.sections import ModelSection
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.files.storage import file_digest
from babelmill.transforms.quality.rules import Bounds
from tests.fasttext_training import train


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return train(["good fine the", "bad poor the"], ["hq", "lq"], tmp_path_factory.mktemp("model") / "m.bin")


def complaint(model: str, label: str = "hq", **settings: object) -> str:
    with pytest.raises(ConfigError) as caught:
        load_models({"edu": ModelSection(path=model, label=label, **settings)}, ("en", "zh"))  # type: ignore[arg-type]
    return str(caught.value)


def test_a_number_holds_for_all_and_a_language_has_its_own(model: str) -> None:
    one = ModelSection(path=model, label="__label__hq", at_least=0.3)
    own = ModelSection(path=model, label="hq", at_least={"all": 0.3, "zh": 0.5})
    only = ModelSection(path=model, label="hq", at_least={"zh": 0.5}, sha256=file_digest(model))
    none = ModelSection(path=model, label="hq")
    found = load_models({"a": one, "b": own, "c": only, "d": none}, ("en", "zh"))
    assert [learned.rule and dict(learned.rule.bounds) for learned in found] == [
        {"en": Bounds(0.3, None), "zh": Bounds(0.3, None)},
        {"en": Bounds(0.3, None), "zh": Bounds(0.5, None)},
        {"zh": Bounds(0.5, None)},
        None,
    ]
    assert found[0].rule
    assert found[0].rule.reasons == ("quality/model_a_too_low",)
    assert found[0].score.label == "hq"


def test_what_is_wrong_is_told(model: str, tmp_path: Path) -> None:
    cut = tmp_path / "cut.bin"
    cut.write_bytes(Path(model).read_bytes()[:-1])
    assert complaint("none.bin") == "quality.models.edu.path: no file 'none.bin'"
    assert complaint(str(cut)).startswith(f"quality.models.edu.path: {cut} is no fastText model: it ends before")
    assert "no label 'hqq'; did you mean hq?" in complaint(model, "hqq")
    assert complaint(model, at_least={"zg": 0.1}).startswith("quality.models.edu.at_least.zg: no language of this run")
    assert complaint(model, sha256="0" * 64).startswith("quality.models.edu.sha256: ")
    with pytest.raises(ValidationError):
        ModelSection(path=model, label="hq", at_least=1.5)
