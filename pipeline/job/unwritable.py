"""Unwritable: languages that a tokenizer has no tokens for, found before any document is read."""

from babelmill.pipeline.config.loader import load_yaml
from babelmill.pipeline.config.profiles import packaged
from babelmill.transforms.tokens.unknown import Unknown, unwritable

__all__ = ["unwritable_languages"]


def unwritable_languages(tokenizer: str, unknown: Unknown, wanted: tuple[str, ...]) -> dict[str, float]:
    """Return language → the share of the characters of its stop words that have no token, where there are any.

    Stop words are a language's most frequent words, so their letters are its frequent letters. A language of which
    Babelmill has no stop words is not among the result, nor is any for a tokenizer that has every byte.

    Args:
        tokenizer: path of a tokenizer.json.
        unknown: what becomes of text that it has no token for.
        wanted: the codes of the run's languages.

    Raises:
        WorldError: if the tokenizer gives up on text that it has no token for.
    """
    if unknown == "never":
        return {}
    words = load_yaml(packaged("words", "stop_words.yaml"))
    shares = {lang: unwritable(tokenizer, words.get(lang, ())) for lang in wanted}
    return {lang: share for lang, share in sorted(shares.items(), key=lambda pair: (-pair[1], pair[0])) if share > 0}
