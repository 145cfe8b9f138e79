"""IdentifyLanguage: which language a document is in, and which second one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from babelmill.pipeline.beam.elements import Reads
from babelmill.pipeline.beam.options import FieldName, given
from babelmill.pipeline.beam.steps import OverSteps, Pass
from babelmill.pipeline.config.profiles import packaged
from babelmill.transforms.errors import ConfigError, WorldError, nearest
from babelmill.transforms.files.storage import is_local
from babelmill.transforms.language.bayes import labels
from babelmill.transforms.language.identify import Identify, known_languages
from babelmill.transforms.language.min_score import ALL, LeastScores
from babelmill.transforms.language.script import Script
from babelmill.transforms.models.resources import at_hand
from babelmill.transforms.stages import Annotate
from babelmill.transforms.text.visible import quote

__all__ = ["IdentifyLanguage"]

_PACKAGED = "lid.176.ftz"


class IdentifyLanguage(OverSteps):
    """Documents → Outcome: add the language, nothing is dropped.

        documents | IdentifyLanguage(min_score={"zh": 0.6})

    Adds `lang` (`und` where it is unsure), `lang_score` in [0, 1], `lang_second` and `lang_second_score` (transforms/
    language/identify.py), and `script` (`Hans`, `Hant` or None).

    Args:
        min_score: least score, one for all or language → score with `all` for the others (0.5 without).
        method: `both`, or `model` for the fastText model alone.
        model: a fastText model by its path, or the one that comes with Babelmill.
        text: the field of the text.

    Raises:
        ConfigError: if an argument is not right, or the model cannot be read.
    """

    def __init__(
        self,
        min_score: float | Mapping[str, float] = 0.5,
        method: Literal["both", "model"] = "both",
        model: str = _PACKAGED,
        text: str = "text",
    ) -> None:
        least, how, name, field = given(
            "IdentifyLanguage",
            min_score=(LeastScores, min_score),
            method=(Literal["both", "model"], method),
            model=(FieldName, model),
            text=(FieldName, text),
        )
        path = packaged("models", name) if name == _PACKAGED else name
        if is_local(path) and not Path(path).is_file():
            raise ConfigError("IdentifyLanguage.model", f"no file {quote(name)}; {_PACKAGED} comes with Babelmill")
        try:
            known = known_languages(at_hand(path)) | (set(labels()) if how == "both" else set())
        except WorldError as error:
            raise ConfigError("IdentifyLanguage.model", str(error)) from error
        for lang in least:
            if lang not in (*known, ALL):
                key = f"IdentifyLanguage.min_score.{lang}"
                raise ConfigError(key, f"{name} has no such language{nearest(lang, sorted(known))}")
        annotators = (Identify(at_hand(path), least, how), Script())
        adds = tuple(column.name for annotator in annotators for column in annotator.adds)
        super().__init__(Pass("language", Reads(field, {}, adds), (Annotate("language", annotators),)))
