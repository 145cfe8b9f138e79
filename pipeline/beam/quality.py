"""MeasureQuality and JudgeQuality: signals, and what a profile says of them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field

from babelmill.pipeline.beam.elements import Reads
from babelmill.pipeline.beam.options import FieldName, given
from babelmill.pipeline.beam.steps import OverSteps, Pass
from babelmill.pipeline.config.profiles import Profile, load_profile
from babelmill.pipeline.config.sections import QualitySection
from babelmill.transforms.documents import LANG, READ
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.language.keep_languages import Wanted
from babelmill.transforms.languages import GLM4
from babelmill.transforms.quality.measure import Measure
from babelmill.transforms.quality.rules import Headroom
from babelmill.transforms.quality.signals import SIGNALS
from babelmill.transforms.stages import Annotate, Judge

__all__ = ["JudgeQuality", "MeasureQuality"]

Overrides = Mapping[str, Mapping[str, Mapping[Literal["at_least", "at_most"], float]]]
_Languages = Annotated[tuple[FieldName, ...], Field(min_length=1)]


def _profile(name: str, profile: str, languages: tuple[str, ...], overrides: Overrides) -> Profile:
    """Read a profile for some languages.

    Raises:
        ConfigError: as `load_profile` does, with the transform's name.
    """
    try:
        found = load_profile(QualitySection(profile=profile, overrides=overrides), languages)
    except ConfigError as error:
        raise ConfigError(f"{name}.{error.key.removeprefix('quality.')}", error.message) from error
    if found is None:
        raise ConfigError(f"{name}.profile", "'off' has no rules; leave the transform out")
    return found


class MeasureQuality(OverSteps):
    """Documents → Outcome: add every signal of quality, nothing is dropped.

        documents | IdentifyLanguage() | MeasureQuality()

    Adds `n_words`, `q_symbol_ratio` … as `babelmill signals` explains them. Stop words and bad words are those of the
    document's language; one that is not among `languages` has none.

    Args:
        profile: whose word lists: the name of one in configs/quality, or the path of a YAML file.
        languages: codes of the languages whose words are wanted.
        text: the field of the text.
        lang: the field of the language's code.

    Raises:
        ConfigError: if an argument is not right, or the profile cannot be read.
    """

    def __init__(
        self,
        profile: str = "fineweb2",
        languages: Sequence[str] = tuple(GLM4),
        text: str = "text",
        lang: str = "lang",
    ) -> None:
        name, codes, field, lang = given(
            "MeasureQuality",
            profile=(FieldName, profile),
            languages=(_Languages, languages),
            text=(FieldName, text),
            lang=(FieldName, lang),
        )
        words = _profile("MeasureQuality", name, codes, {})
        reads = Reads(field, {lang: pa.field("lang", LANG)}, tuple(SIGNALS))
        measured = Annotate("quality", (Measure(words.stop_words, words.bad_words),))
        super().__init__(Pass("quality", reads, (measured,)))


class JudgeQuality(OverSteps):
    """Documents → Outcome: keep what is within a profile's thresholds, drop the rest with the first rule's reason.

        documents | IdentifyLanguage() | MeasureQuality() | JudgeQuality(languages=["zh", "en"])

    Reads what IdentifyLanguage and MeasureQuality have added. Adds `quality` in [0, 1]: how far a document is from the
    nearest threshold (1 in a language that has none). What is dropped has a `reason` too: `language/not_wanted`,
    `quality/too_few_words` …

    Args:
        profile: the name of one in configs/quality, or the path of a YAML file.
        languages: codes of the languages to keep.
        overrides: language → signal → `at_least`, `at_most`, in place of the profile's.
        text: the field of the text.
        lang: the field of the language's code.

    Raises:
        ConfigError: if an argument is not right, or the profile cannot be read.
    """

    def __init__(
        self,
        profile: str = "fineweb2",
        languages: Sequence[str] = tuple(GLM4),
        overrides: Overrides | None = None,
        text: str = "text",
        lang: str = "lang",
    ) -> None:
        name, codes, changes, field, lang = given(
            "JudgeQuality",
            profile=(FieldName, profile),
            languages=(_Languages, languages),
            overrides=(Overrides, overrides or {}),
            text=(FieldName, text),
            lang=(FieldName, lang),
        )
        rules = _profile("JudgeQuality", name, codes, changes).rules
        rate = Headroom(rules)
        steps = (Annotate("quality", (rate,)), Judge("quality", (Wanted(codes), *rules)))
        # Reading counts the characters; everything else that a rule looks at was added before.
        signals = [signal for signal in rate.reads if signal not in (*READ.names, "lang")]
        columns = {lang: pa.field("lang", LANG), **{signal: _column(signal) for signal in signals}}
        super().__init__(Pass("quality", Reads(field, columns, ("quality", "reason")), steps))


def _column(signal: str) -> pa.Field:
    return pa.field(signal, pa.int32() if signal in SIGNALS and SIGNALS[signal].integer else pa.float32())
