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
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, TypeVar

import pyarrow as pa

from babelmill.transforms.errors import Collected, ConfigError, nearest
from babelmill.transforms.own_steps import OwnAnnotator, OwnRule
from babelmill.transforms.read.format import Format
from babelmill.transforms.read.formats import AUTO, Formats
from babelmill.transforms.text.visible import quote

__all__ = ["load_annotators", "load_formats", "load_rules"]

_FORMAT = re.compile(r"[a-z][a-z0-9_-]{0,60}\Z")
T = TypeVar("T")
_REASON = re.compile(r"quality/[a-z][a-z0-9_]{0,60}\Z")
_COLUMN = re.compile(r"[a-z][a-z0-9_]{0,60}\Z")


def load_rules(names: Sequence[str]) -> tuple[OwnRule, ...]:
    """Return the rules of `quality.rules`, in their order.

    Raises:
        ConfigError: with the key, for each one that is not there or is no rule.
    """
    return tuple(_each("quality.rules", names, _rule))


def load_annotators(names: Sequence[str]) -> tuple[OwnAnnotator, ...]:
    """Return the annotators of `quality.annotators`, in their order.

    Raises:
        ConfigError: with the key, for each one that is not there or is no annotator.
    """
    return tuple(_each("quality.annotators", names, _annotator))


def _each(key: str, names: Sequence[str], load: Callable[[str, str], T]) -> list[T]:
    found, wrong = [], Collected()
    for number, name in enumerate(names):
        with wrong.check():
            found.append(load(f"{key}.{number}", name))
    wrong.finish()
    return found


def _rule(key: str, name: str) -> OwnRule:
    step = _load(key, name, ("reads", "reasons"))
    reasons = _names(key, name, "reasons", step.reasons)
    if not reasons or not all(map(_REASON.match, reasons)):
        raise ConfigError(key, f"{quote(name)} has the reasons {quote(reasons)}; each must be like quality/some_word")
    _names(key, name, "reads", step.reads)
    return OwnRule(name, step)


def _annotator(key: str, name: str) -> OwnAnnotator:
    step = _load(key, name, ("reads", "adds"))
    fields = step.adds
    if not isinstance(fields, tuple) or not fields or not all(isinstance(field, pa.Field) for field in fields):
        raise ConfigError(key, f"{quote(name)}: adds must be a tuple of pyarrow fields")
    if odd := [field.name for field in fields if not _COLUMN.match(field.name)]:
        raise ConfigError(key, f"{quote(name)} adds {quote(odd[0])}; a column is like some_word")
    _names(key, name, "reads", step.reads)
    return OwnAnnotator(name, step)


def load_formats(names: Sequence[str]) -> Formats:
    """Return the formats of a run: those of `read.formats`, and those that come with Babelmill.

    Raises:
        ConfigError: with the key, for each one that is not there, is no format, or has the name of another one.
    """
    known = {AUTO, *Formats().names}

    def load(key: str, name: str) -> Format:
        format = _format(key, name)
        if format.name in known:
            raise ConfigError(key, f"{quote(name)}: there is a format {format.name} already")
        known.add(format.name)
        return format

    return Formats(_each("read.formats", names, load))


def _format(key: str, name: str) -> Format:
    format = _load(key, name, ("name", "suffixes"), "read")
    if not isinstance(format, Format):
        raise ConfigError(key, f"{quote(name)} is no StreamFormat (babelmill.transforms.read.format)")
    if not isinstance(format.name, str) or not _FORMAT.match(format.name):
        raise ConfigError(key, f"{quote(name)} is called {quote(format.name)}; a format's name is like some_word")
    endings = _names(key, name, "suffixes", format.suffixes)
    if odd := [ending for ending in endings if not ending.startswith(".") or ending != ending.lower()]:
        raise ConfigError(key, f"{quote(name)}: {quote(odd[0])} is no ending like .sections, in small letters")
    return format


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
