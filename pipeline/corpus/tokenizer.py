"""The tokenizer of a shard, to show its tokens: found without being led anywhere by the run, which may be a stranger's.

A run names its tokenizer, and the shard's footer has the digest of its tokenizer.json. Used unasked are: what an
installed package carries, what was made here of a rank file before, and a file on this machine that is not large; each
only if it has that digest, so that whoever named it knew all of it. Nothing is fetched, and no rank file is read.
"""

import re
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from tokenizers import Tokenizer

from babelmill.pipeline.corpus.shard import run_above
from babelmill.transforms.errors import BabelmillError, ConfigError
from babelmill.transforms.files.storage import file_digest, is_local
from babelmill.transforms.kernels.cache import cache_folder
from babelmill.transforms.tokens.reference import load_tokenizer
from babelmill.transforms.tokens.tokenizer import TokenizerSource

__all__ = ["tokenizer_of"]

_MOST_BYTES = 1 << 27
"""Of a tokenizer.json: one of 256,000 tokens has 35 MB."""
_NAME_IT = "name a tokenizer.json with --tokenizer"


def tokenizer_of(file: str, sha256: str, given: str | None) -> tuple[Tokenizer | None, str]:
    """Return the tokenizer that a footer's digest names, or None and why it is not at hand.

    Args:
        file: the shard.
        sha256: of the tokenizer.json, by the shard's footer.
        given: the path of a tokenizer.json that the reader names; None to look for the run's own.
    """
    try:
        path = TokenizerSource(path=given).resolve() if given else _of_run(file, sha256)
        if (digest := file_digest(path)) != sha256:
            return None, f"{path} has the digest {digest[:12]}…, the footer says {sha256[:12]}…"
        return load_tokenizer(path), ""
    except ValidationError as error:
        return None, f"the run names its tokenizer in a way that is not known: {error.error_count()} errors"
    except (BabelmillError, KeyError, TypeError, ValueError) as error:
        return None, (str(error) or repr(error)).splitlines()[0]


def _of_run(file: str, sha256: str) -> str:
    """Return the path of the tokenizer.json of the run that a shard is in.

    Raises:
        ConfigError: if it is not to be had unasked.
    """
    run = run_above(file)
    if run is None:
        raise ConfigError("", "no finished run above the file says which tokenizer it was; name it with --tokenizer")
    source = TypeAdapter(TokenizerSource).validate_python(run.config.tokens.tokenizer)
    made = cache_folder("tokenizers") / f"{sha256}.json"
    if re.fullmatch("[0-9a-f]{64}", sha256) and made.is_file():
        return str(made)
    if source.package:
        return source.resolve()
    if not source.path:
        raise ConfigError("", f"the run's tokenizer is made of a rank file or fetched from a hub; {_NAME_IT}")
    if not is_local(source.path):
        raise ConfigError("", f"the run's tokenizer is in a store, {source.path}; {_NAME_IT}")
    if not Path(source.path).is_file():
        raise ConfigError("tokens.tokenizer.path", f"no file '{source.path}'")
    if Path(source.path).stat().st_size > _MOST_BYTES:
        raise ConfigError("", f"the run's tokenizer, {source.path}, has more than {_MOST_BYTES:,} bytes; {_NAME_IT}")
    return source.path
