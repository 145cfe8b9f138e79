"""Options: what is wrong is refused where the transform is made, with the nearest right word."""

from collections.abc import Callable
from pathlib import Path

import pytest

from babelmill.beam import (
    Deduplicate,
    FindDuplicates,
    IdentifyLanguage,
    JudgeQuality,
    MaskPii,
    MeasureQuality,
    Tokenize,
)
from babelmill.transforms.errors import ConfigError


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MaskPii(["emial"]), r"MaskPii\.kinds\.0: no such value 'emial'; did you mean email\?"),
        (lambda: MaskPii(text=""), r"MaskPii\.text: expected at least 1 character, got ''"),
        (lambda: MaskPii(text=None), r"MaskPii\.text: expected a valid string, got None"),
        (lambda: IdentifyLanguage(2), r"IdentifyLanguage\.min_score\.?.*: expected .* 1, got 2"),
        (
            lambda: IdentifyLanguage({"zz-top": 0.5}),
            r"IdentifyLanguage\.min_score\.zz-top: lid.176.ftz has no such lang",
        ),
        (
            lambda: IdentifyLanguage(method="modle"),
            r"IdentifyLanguage\.method: no such value 'modle'; did you mean model",
        ),
        (lambda: IdentifyLanguage(model="none.bin"), r"IdentifyLanguage\.model: no file 'none.bin'"),
        (lambda: MeasureQuality("finweb2"), r"MeasureQuality\.profile: no profile 'finweb2'; did you mean fineweb2\?"),
        (lambda: MeasureQuality(languages=[]), r"MeasureQuality\.languages: expected at least 1 item, got"),
        (lambda: JudgeQuality("off"), r"JudgeQuality\.profile: 'off' has no rules"),
        (
            lambda: JudgeQuality(overrides={"en": {"n_wrods": {"at_least": 1}}}),
            r"JudgeQuality\.overrides\.en\.n_wrods: no such signal; did you mean n_words\?",
        ),
        (
            lambda: JudgeQuality(overrides={"en": {"n_words": {"atleast": 1}}}),
            r"JudgeQuality\.overrides\.en\.n_words\.atleast: no such value 'atleast'; did you mean at_least\?",
        ),
        (lambda: JudgeQuality(languages=["xx"]), r"JudgeQuality\.languages: 'xx' has no entry in profile"),
        (lambda: Tokenize("none.json"), r"Tokenize\.tokenizer\.path: no file 'none.json'"),
        (lambda: Tokenize({"pakage": "a"}), r"Tokenize\.tokenizer\.pakage: no such key; did you mean package\?"),
        (lambda: Tokenize({"package": "none-such"}), r"Tokenize\.tokenizer\.package: .*is not installed"),
        (lambda: Tokenize({}), r"Tokenize\.tokenizer: .*give exactly one of path, package, hub, ranks"),
        (lambda: Deduplicate("thorogh"), r"Deduplicate\.near: no such value 'thorogh'; did you mean thorough\?"),
        (lambda: FindDuplicates({"band": 3}), r"FindDuplicates\.near\.band: no such key; did you mean bands\?"),
        (lambda: Deduplicate({"bands": 64, "rows": 8}), r"Deduplicate\.near: .*bands x rows is 512"),
        (lambda: Deduplicate({"verify": 2}), r"Deduplicate\.near\.verify: expected less than or equal to 1, got 2"),
        (lambda: Deduplicate(keep=["lenght"]), r"Deduplicate\.keep\.0: no such value 'lenght'; did you mean length\?"),
        (lambda: Deduplicate(keep=["length", "length"]), r"Deduplicate\.keep: .*'length' stands twice"),
        (lambda: Deduplicate(cluster="gready"), r"Deduplicate\.cluster: no such value 'gready'; did you mean greedy\?"),
        (lambda: Deduplicate(documents=0), r"Deduplicate\.documents: expected greater than or equal to 1, got 0"),
        (lambda: Deduplicate(seed=-1), r"Deduplicate\.seed: expected greater than or equal to 0, got -1"),
    ],
)
def test_a_wrong_argument(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigError, match=f"^{message}"):
        make()


def test_a_wrong_file(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"not a model")
    with pytest.raises(ConfigError, match=r"^IdentifyLanguage\.model: .*model\.bin"):
        IdentifyLanguage(model=str(path))
    with pytest.raises(ConfigError, match=r"^Tokenize\.tokenizer: .*is no tokenizer"):
        Tokenize(str(path))
