"""Babelmill: raw multilingual text in, a tokenized pretraining corpus out, every token accounted for.

    import babelmill

    corpus = babelmill.run("configs/sample.yaml", ["output=out/mine"], workers=2)
    corpus.totals["tokens"]
    for batch in corpus.documents(lang="zh", columns=["id", "text"]): ...
    corpus.explain("some-id"), corpus.verify()

This is all that other code may count on; the packages below it, `babelmill.pipeline` and `babelmill.transforms`, change
from version to version. Each name is imported when it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from babelmill.pipeline.config.loader import load_config
    from babelmill.pipeline.config.model import Config
    from babelmill.pipeline.interface.corpora import Corpus, open_corpus
    from babelmill.pipeline.interface.jobs import plan, run
    from babelmill.transforms.errors import BabelmillError, ConfigError, DamageError, RunError, WorldError

__all__ = [
    "BabelmillError",
    "Config",
    "ConfigError",
    "Corpus",
    "DamageError",
    "RunError",
    "WorldError",
    "__version__",
    "load_config",
    "open_corpus",
    "plan",
    "run",
]

_PLACES = {
    "babelmill.pipeline.config.loader": ("load_config",),
    "babelmill.pipeline.config.model": ("Config",),
    "babelmill.pipeline.interface.corpora": ("Corpus", "open_corpus"),
    "babelmill.pipeline.interface.jobs": ("plan", "run"),
    "babelmill.transforms.errors": ("BabelmillError", "ConfigError", "DamageError", "RunError", "WorldError"),
}
_PLACE = {name: module for module, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("babelmill")
    if name not in _PLACE:
        raise AttributeError(f"module 'babelmill' has no attribute {name!r}")
    return getattr(import_module(_PLACE[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
