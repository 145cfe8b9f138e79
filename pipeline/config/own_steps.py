"""Steps and formats of one's own, which a configuration names by `module:name`: imported, and checked before a run.

    read:
      formats: ["mypkg.formats:SECTIONS"]
    quality:
      annotators: ["mypkg.signals:Hosts"]
      rules: ["mypkg.rules:NoAds"]

Each is a frozen dataclass, or an object of one: so it can be sent to workers, and a change of it is noticed
(transforms/fingerprint.py takes up its source). Nothing else is ever called, whatever the name leads to.
"""

import dataclasses
import pickle
import re
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import pyarrow as pa

from babelmill.transforms.errors import ConfigError, nearest
from babelmill.transforms.own_steps import OwnAnnotator, OwnRule
from babelmill.transforms.read.format import Format
from babelmill.transforms.read.formats import AUTO, Formats
from babelmill.transforms.text.visible import quote

__all__ = ["load_annotators", "load_formats", "load_rules"]

_FORMAT = re.compile(r"[a-z][a-z0-9_-]{0,60}\Z")
_REASON = re.compile(r"quality/[a-z][a-z0-9_]{0,60}\Z")
_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,60}\Z")


def load_rules(names: Sequence[str]) -> tuple[OwnRule, ...]:
    """Return the rules of `quality.rules`, in their order.

    Raises:
        ConfigError: with the key, for one that is not there or is no rule.
    """
    found = []
    for number, name in enumerate(names):
        key = f"quality.rules.{number}"
        step = _load(key, name, ("reads", "reasons"))
        reasons = _names(key, name, "reasons", step.reasons)
        if not reasons or not all(map(_REASON.match, reasons)):
            raise ConfigError(
                key, f"{quote(name)} has the reasons {quote(reasons)}; each must be like quality/some_word"
            )
        _names(key, name, "reads", step.reads)
        found.append(OwnRule(name, step))
    return tuple(found)


def load_annotators(names: Sequence[str]) -> tuple[OwnAnnotator, ...]:
    """Return the annotators of `quality.annotators`, in their order.

    Raises:
        ConfigError: with the key, for one that is not there or is no annotator.
    """
    found = []
    for number, name in enumerate(names):
        key = f"quality.annotators.{number}"
        step = _load(key, name, ("reads", "adds"))
        fields = step.adds
        if not isinstance(fields, tuple) or not fields or not all(isinstance(field, pa.Field) for field in fields):
            raise ConfigError(key, f"{quote(name)}: adds must be a tuple of pyarrow fields")
        if odd := [field.name for field in fields if not _COLUMN.match(field.name)]:
            raise ConfigError(key, f"{quote(name)} adds {quote(odd[0])}; a column is like some_word")
        _names(key, name, "reads", step.reads)
        found.append(OwnAnnotator(name, step))
    return tuple(found)


def load_formats(names: Sequence[str]) -> Formats:
    """Return the formats of a run: those of `read.formats`, and those that come with Babelmill.

    Raises:
        ConfigError: with the key, for one that is not there, is no format, or has the name of another one.
    """
    found: list[Format] = []
    for number, name in enumerate(names):
        key = f"read.formats.{number}"
        format = _load(key, name, ("name", "suffixes"), "read")
        if not isinstance(format, Format):
            raise ConfigError(key, f"{quote(name)} is no StreamFormat (babelmill.transforms.read.format)")
        if not isinstance(format.name, str) or not _FORMAT.match(format.name):
            raise ConfigError(key, f"{quote(name)} is called {quote(format.name)}; a format's name is like some_word")
        if format.name in (AUTO, *Formats(found).names):
            raise ConfigError(key, f"{quote(name)}: there is a format {format.name} already")
        endings = _names(key, name, "suffixes", format.suffixes)
        if odd := [ending for ending in endings if not ending.startswith(".") or ending != ending.lower()]:
            raise ConfigError(key, f"{quote(name)}: {quote(odd[0])} is no ending like .sections, in small letters")
        found.append(format)
    return Formats(found)


def _load(key: str, name: str, wanted: Sequence[str], method: str = "__call__") -> Any:
    """Import what a name leads to, and make an object of it."""
    module, colon, attribute = name.partition(":")
    if not colon or not all(part.isidentifier() for part in (*module.split("."), attribute)):
        raise ConfigError(key, f"{quote(name)} is no name like mypkg.rules:NoAds")
    try:
        package = import_module(module)
    except ImportError as error:
        raise ConfigError(
            key, f"cannot import {module}: {error}; install it, or name its folder in PYTHONPATH"
        ) from error
    if not hasattr(package, attribute):
        raise ConfigError(key, f"{module} has no {attribute}{nearest(attribute, sorted(vars(package)))}")
    found = getattr(package, attribute)
    kind: Any = found if isinstance(found, type) else type(found)
    if not (dataclasses.is_dataclass(kind) and _is_frozen(kind) and method in dir(kind)):
        what = "that can be called with a batch" if method == "__call__" else f"with a method {method}"
        raise ConfigError(key, f"{quote(name)} is no frozen dataclass {what}")
    try:
        step = found() if isinstance(found, type) else found
    except TypeError as error:
        raise ConfigError(
            key, f"{quote(name)} cannot be made without arguments ({error}): name an object of it"
        ) from error
    if missing := [part for part in wanted if not hasattr(step, part)]:
        raise ConfigError(key, f"{quote(name)} has no {' and no '.join(missing)}")
    try:
        pickle.dumps(step)
    except Exception as error:
        raise ConfigError(key, f"{quote(name)} cannot be sent to workers: {error}") from error
    return step


def _is_frozen(kind: Any) -> bool:
    return bool(kind.__dataclass_params__.frozen)


def _names(key: str, name: str, part: str, found: object) -> tuple[str, ...]:
    if not isinstance(found, tuple) or not all(isinstance(word, str) for word in found):
        raise ConfigError(key, f"{quote(name)}: {part} must be a tuple of texts")
    return found
