"""Screening: the configuration's stages that look at one document at a time, with everything that they load."""

import hashlib
import os
from collections.abc import Callable, Mapping, Set
from pathlib import Path
from typing import Literal, NamedTuple

from babelmill.pipeline.config.classifiers import Learned, load_models
from babelmill.pipeline.config.model import Config
from babelmill.pipeline.config.own_steps import load_annotators, load_rules
from babelmill.pipeline.config.profiles import is_own_profile, packaged
from babelmill.pipeline.config.source_profiles import load_profiles
from babelmill.transforms.errors import Collected, ConfigError, WorldError, nearest
from babelmill.transforms.files.storage import file_digest, is_local
from babelmill.transforms.fingerprint import fingerprint
from babelmill.transforms.language.bayes import MODEL, labels
from babelmill.transforms.language.code import Code
from babelmill.transforms.language.identify import Identify, known_languages
from babelmill.transforms.language.keep_languages import Wanted
from babelmill.transforms.language.min_score import ALL
from babelmill.transforms.language.relatives import RELATIVES
from babelmill.transforms.language.script import Script
from babelmill.transforms.languages import CODE, LABELS, UNDETERMINED
from babelmill.transforms.models.resources import at_hand
from babelmill.transforms.quality.rules import Headroom
from babelmill.transforms.stages import Annotate, Annotator, Judge, Step
from babelmill.transforms.text.visible import quote
from babelmill.transforms.write.manifest_file import ModelFile

__all__ = ["Screening", "make_screening", "named_models", "screening_errors"]


class Screening(NamedTuple):
    """The stages `language` and `quality`, in the order in which a document meets them, and what they are made of."""

    steps: tuple[Step, ...]
    models: Mapping[str, ModelFile]
    """`language`, `code`, `langid` and `quality/<name>` → the model's file."""
    profile_digest: str
    """Of the quality profile's content, overrides and learned filters included."""
    rated: bool
    """Whether there is a rule, and so a column `quality`."""
    own: Mapping[str, str]
    """`module:name` of each step from outside → its fingerprint."""


def make_screening(config: Config) -> Screening:
    """Load the models, the profile and the word lists, each once.

    Raises:
        ConfigError: with the key's path, for all of it that is missing or wrong.
    """
    wrong = Collected()
    with wrong.check():
        model, sha256 = _language_model(config)
    with wrong.check():
        profiles = load_profiles(config.quality, config.input, config.wanted)
    with wrong.check():
        learned = load_models(config.quality.models, config.wanted)
    with wrong.check():
        own_annotators = load_annotators(config.quality.annotators)
    with wrong.check():
        own_rules = load_rules(config.quality.rules)
    wrong.finish()
    rules = profiles.rules + tuple(found.rule for found in learned if found.rule)
    measured: tuple[Annotator, ...] = (profiles.measure,) if profiles.measure else ()
    measured += tuple(found.score for found in learned)
    if rules:
        measured += (Headroom(rules),)
    weights = packaged("models", "code.npz")
    # Where what is in no language is kept, programs are, unless they are wanted by themselves.
    programs: Literal["code", "und"] = "und" if UNDETERMINED in config.wanted and CODE not in config.wanted else "code"
    identify = Identify(model, config.language.min_score, config.language.method, config.declared, programs)
    steps = (
        Annotate("language", (Code(weights), identify, Script())),
        Judge("language", (Wanted(config.wanted),)),
        Annotate("quality", (*measured, *own_annotators)),
        Judge("quality", (*rules, *own_rules)),
    )
    content = repr((profiles, [found.content for found in learned]))
    digest = hashlib.sha256(content.encode()).hexdigest()
    bayes = MODEL if config.language.method == "both" else None
    own = {step.name: fingerprint(step) for step in own_annotators}
    own |= {step.name: fingerprint(step) for step in own_rules}
    return Screening(steps, _models(model, sha256, bayes, weights, learned), digest, bool(rules), own)


def screening_errors(config: Config, wrong: Set[str]) -> list[ConfigError]:
    """Return what is missing or wrong of a configuration's models, languages and own steps.

    Args:
        config: of which some sections are not the user's.
        wrong: those sections: what depends on them is not looked at.
    """
    found = Collected()
    quality = config.quality
    checks: tuple[tuple[Set[str], Callable[[], object]], ...] = (
        ({"languages", "language"}, lambda: _language_model(config)),
        ({"languages", "quality"}, lambda: load_profiles(quality, config.input, config.wanted)),
        ({"languages", "quality"}, lambda: load_models(quality.models, config.wanted)),
        ({"quality"}, lambda: load_annotators(quality.annotators)),
        ({"quality"}, lambda: load_rules(quality.rules)),
    )
    for sections, check in checks:
        if not sections & wrong:
            with found.check():
                check()
    return found.errors


def _language_model(config: Config) -> tuple[str, str]:
    """Return the language model's path and digest, having loaded it, and check that it knows the wanted languages."""
    key, name = "language.model", config.language.model
    path = packaged("models", name) if _is_packaged(name) else name
    if is_local(path) and not Path(path).is_file():
        raise ConfigError(key, f"no file {quote(name)}; lid.176.ftz comes with Babelmill")
    try:
        path = at_hand(path)
        known = known_languages(path)
        if config.language.method == "both":
            known |= {*labels(), *(relative.code for relative in RELATIVES)}
        # A language that the user names needs no model to know it.
        known |= {*LABELS, *config.declared.values()}
        digest = file_digest(path)
    except WorldError as error:
        raise ConfigError(key, str(error)) from error
    wrong = Collected()
    for number, lang in enumerate(config.wanted):
        with wrong.check():
            if lang not in known:
                message = f"{name} has no label {quote(lang)}{nearest(lang, sorted(known))}"
                raise ConfigError(f"languages.{number}", message)
    for lang in config.language.min_score:
        with wrong.check():
            scored = [code for code in (*config.wanted, ALL) if code != UNDETERMINED]
            if lang not in scored:
                message = f"no language of this run{nearest(lang, scored)}"
                raise ConfigError(f"language.min_score.{lang}", message)
    wrong.finish()
    return path, digest


def _is_packaged(model: str) -> bool:
    """Say whether a configuration's language model is one that comes with Babelmill, by its name."""
    return "/" not in model and not Path(model).exists()


def named_models(config: Config) -> str:
    """Return key and path of a file that a screening reads and that does not come with Babelmill; nothing for none.

    One that is not on this machine is passed over: it would not be read.
    """
    if own := (*config.quality.annotators, *config.quality.rules):
        return f"quality.rules or annotators, {own[0]}"
    files = {f"quality.models.{name}": model.path for name, model in config.quality.models.items()}
    if is_own_profile(config.quality.profile):
        files["quality.profile"] = config.quality.profile
    for number, source in enumerate(config.input):
        if source.profile and is_own_profile(source.profile):
            files[f"input.{number}.profile"] = source.profile
    if not _is_packaged(config.language.model):
        files["language.model"] = config.language.model
    found = (f"{key}, {path}" for key, path in files.items() if not is_local(path) or os.path.exists(path))
    return next(found, "")


def _models(
    language: str, sha256: str, bayes: Path | None, weights: str, learned: tuple[Learned, ...]
) -> dict[str, ModelFile]:
    """Return what the manifest says of each model file."""
    files = {"language": (language, sha256), "code": (weights, file_digest(weights))}
    if bayes:
        files["langid"] = str(bayes), file_digest(str(bayes))
    files |= {f"quality/{found.score.name}": (found.score.model, found.sha256) for found in learned}
    return {key: ModelFile(Path(path).name, digest) for key, (path, digest) in files.items()}
