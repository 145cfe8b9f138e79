"""Fingerprints of what results are made with: two equal ones give equal results.

    fingerprint(Within("n_words", {"en": Bounds(50, None)}))      64 hexadecimal digits

A step is a frozen object, so what it does is its class and its fields. Of a class that is not Babelmill's own, such as
a user's step, the source is taken up too; the source of our own is in `code_version`. A text that names a file, a model
or a tokenizer, stands for the file's bytes, wherever the file is.
"""

import dataclasses
import enum
import hashlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache, partial
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import pyarrow as pa

from babelmill.transforms.errors import ConfigError
from babelmill.transforms.files.storage import file_digest

__all__ = ["NO_IDENTITY", "fingerprint"]

NO_IDENTITY = {"babelmill.no_identity": True}
"""Metadata of a dataclass field that a fingerprint leaves out: whoever uses it makes the field known in another way."""

_OF_PYTHON = 1 << 9
"""Py_TPFLAGS_HEAPTYPE: a class that Python code has made, so that what it holds can be looked at."""
_HOUSE = "babelmill"


def fingerprint(value: object) -> str:
    """Return the SHA-256 of what a value is, as hexadecimal digits; the same in every process and on every machine.

    Args:
        value: frozen objects, tuples, mappings, sets, plain values, arrays, schemas, functions and classes.

    Raises:
        ConfigError: for a value of which it cannot be said what it is, such as an open file.
    """
    digest = hashlib.sha256()
    for part in _parts(value):
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()


def _parts(value: Any) -> Iterator[bytes]:
    """Yield what a value is made of, as bytes; what is inside it between brackets."""
    kind = type(value)
    if value is None or kind in (bool, int, float, complex):
        yield f"{kind.__name__} {value!r}".encode()
    elif kind is str:
        yield _text(value)
    elif isinstance(value, bytes | bytearray | memoryview):
        yield b"bytes " + bytes(value)
    elif isinstance(value, np.ndarray | np.generic):
        array = np.ascontiguousarray(value)
        yield f"array {array.dtype.str} {array.shape} ".encode() + array.tobytes()
    elif isinstance(value, pa.Schema):
        yield b"schema " + value.serialize().to_pybytes()
    elif isinstance(value, pa.Field):
        yield from _inside("field", (pa.schema([value]),))
    elif isinstance(value, pa.DataType):
        yield f"type {value}".encode()
    elif isinstance(value, re.Pattern):
        yield from _inside("pattern", (value.pattern, value.flags))
    elif isinstance(value, enum.Enum):
        yield from _inside(_name(kind), (value.name, value.value))
    elif isinstance(value, os.PathLike):
        yield _text(os.fspath(value))
    elif isinstance(value, partial):
        yield from _inside("partial", (value.func, value.args, value.keywords))
    elif callable(value) and hasattr(value, "__qualname__"):
        yield from _inside(_name(value), _bound(value))
    else:
        yield from _container(value)


def _bound(value: Any) -> Iterator[Any]:
    """Yield what a function or class has beside its source: whose method it is, defaults, what it closes over."""
    owner = getattr(value, "__self__", None)
    yield None if isinstance(owner, ModuleType) else owner
    if isinstance(value, FunctionType):
        yield value.__defaults__
        yield value.__kwdefaults__
        yield [cell.cell_contents for cell in value.__closure__ or ()]


def _container(value: Any) -> Iterator[bytes]:
    """Yield the parts of a value that holds others."""
    kind = type(value)
    if isinstance(value, Mapping):
        yield from _inside(_name(kind), sorted((fingerprint(key), fingerprint(inner)) for key, inner in value.items()))
    elif isinstance(value, AbstractSet):
        yield from _inside(_name(kind), sorted(map(fingerprint, value)))
    elif isinstance(value, tuple | list):
        yield from _inside(_name(kind), value)
    elif dataclasses.is_dataclass(value):
        fields = [field for field in dataclasses.fields(value) if not field.metadata.keys() & NO_IDENTITY.keys()]
        yield from _inside(_name(kind), [(field.name, getattr(value, field.name)) for field in fields])
    else:
        yield from _inside(_name(kind), sorted(_state(value).items()))


def _state(value: Any) -> dict[str, Any]:
    """Return the attributes of an object that is no dataclass."""
    found = dict(getattr(value, "__dict__", {}))
    slots = [name for cls in type(value).__mro__ for name in getattr(cls, "__slots__", ())]
    found |= {name: getattr(value, name) for name in slots if hasattr(value, name)}
    if not found and not type(value).__flags__ & _OF_PYTHON:
        raise ConfigError("", f"a {type(value).__qualname__} has no fields by which its results could be known again")
    return found


def _inside(name: str, values: Any) -> Iterator[bytes]:
    yield f"{name} (".encode()
    for value in values:
        yield from _parts(value)
    yield b")"


def _text(value: str) -> bytes:
    if "/" in value and os.path.isfile(value):
        return f"file {file_digest(value)}".encode()
    return b"text " + value.encode(errors="surrogatepass")


def _name(thing: Any) -> str:
    """Return the name of a class or function, with the digest of its source where that is not in `code_version`."""
    module = getattr(thing, "__module__", None) or "builtins"
    return f"{module}.{thing.__qualname__} {_source(module)}"


@cache
def _source(module: str) -> str:
    """Return the digest of a module's source, with all of the package that it is in; nothing for Python's and ours."""
    top = module.partition(".")[0]
    if top == _HOUSE or top in sys.stdlib_module_names:
        return ""
    digest = hashlib.sha256()
    for path in _files(module, top):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _files(module: str, top: str) -> list[Path]:
    found = sys.modules.get(module)
    path = getattr(found, "__file__", None)
    spec = importlib.util.find_spec(top) if top != "__main__" else None
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if folders:
        return sorted(path for folder in folders for path in Path(folder).rglob("*") if path.suffix in (".py", ".so"))
    if path is None:
        raise ConfigError("", f"the source of {module} is not to be found: its results could not be known again")
    return [Path(path)]
