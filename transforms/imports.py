"""Imports that wait: a library's package without all that its `__init__` would load, and without its extras.

    with deferred({"datasketch": ()}):
        from datasketch.minhash import MinHash     # one of its modules, and not SciPy for another one
    with absent("pandas"):
        import apache_beam                         # as if it were installed without this extra

Nothing is replaced. The `__init__` of a deferred package runs as soon as something is asked for that only it can give,
and what is absent can be imported again behind the block. Both count for what is not imported yet: what somebody has
loaded already stays as it is.
"""

import importlib
import importlib.abc
import importlib.util
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

__all__ = ["absent", "deferred"]

_LOCK = threading.RLock()
_OF_INIT = ("__all__", "__version__")


@contextmanager
def deferred(packages: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """Have the `__init__` of packages that are imported in the block run later: when something of it is asked for.

    Args:
        packages: dotted name → names of its modules to import in the place of its `__init__`, where those that are
            imported behind it count on that.
    """
    with _first(_Deferring(packages)):
        yield


@contextmanager
def absent(*names: str) -> Iterator[None]:
    """Have every import of these modules, and of all below them, fail in the block as if they were not installed.

    For what a library itself does without where it is not there.
    """
    with _first(_Hiding(names)):
        yield


@contextmanager
def _first(finder: importlib.abc.MetaPathFinder) -> Iterator[None]:
    """Have a finder asked before all others."""
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Hiding(importlib.abc.MetaPathFinder):
    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(f"{name}." for name in names)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Refuse what is hidden; of all else others know."""
        if f"{name}.".startswith(self._names):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


class _Deferring(importlib.abc.MetaPathFinder):
    def __init__(self, packages: Mapping[str, Sequence[str]]) -> None:
        self._packages = packages

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return a package's own spec, with a loader that waits."""
        spec = PathFinder.find_spec(name, path) if name in self._packages else None
        if spec is not None and spec.loader is not None:
            spec.loader = _Waiting(spec.loader, self._packages[name])
        return spec


class _Waiting(importlib.abc.Loader):
    """Loads a package without running its `__init__`."""

    def __init__(self, loader: importlib.abc.Loader, modules: Sequence[str]) -> None:
        self._loader, self._modules = loader, modules

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        loader = self._loader
        # As if it had been found without us: what reads a package's files asks its loader.
        module.__loader__ = loader
        if module.__spec__ is not None:
            module.__spec__.loader = loader
        module.__dict__["__getattr__"] = _Asked(module, loader)
        for name in self._modules:
            importlib.import_module(f"{module.__name__}.{name}")


class _Asked:
    """The `__getattr__` of a package that waits (PEP 562): called for what it does not have."""

    def __init__(self, module: ModuleType, loader: importlib.abc.Loader) -> None:
        self._module, self._loader, self._runs = module, loader, False

    def __call__(self, name: str) -> Any:
        module = self._module
        missing = AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        # Whoever looks through all modules asks for such names; none but these is a reason to load one.
        if name.startswith("__") and name not in _OF_INIT:
            raise missing
        if name not in _OF_INIT and importlib.util.find_spec(f"{module.__name__}.{name}"):
            return importlib.import_module(f"{module.__name__}.{name}")
        with _LOCK:
            if name in module.__dict__:
                return module.__dict__[name]
            if self._runs or "__getattr__" not in module.__dict__:
                raise missing
            self._runs = True
            try:
                self._loader.exec_module(module)
            finally:
                self._runs = False
            # An `__init__` may have put one of its own there.
            if module.__dict__.get("__getattr__") is self:
                del module.__dict__["__getattr__"]
        return getattr(module, name)
