"""Word lists from files: stop words by language in one YAML, bad words in a folder with a text file a language."""

from pathlib import Path
from typing import Any

from babelmill.transforms.errors import ConfigError, WorldError
from babelmill.transforms.files.storage import read_bytes
from babelmill.transforms.text.visible import quote

__all__ = ["bad_words", "check_stop_words"]

_LIST_BYTES = 1 << 23
"""Of a language's bad words: the longest list that comes with Babelmill has 4 kB, lists of all inflections some 100."""


def check_stop_words(key: str, found: Any, wanted: float) -> tuple[str, ...]:
    """Check a language's stop words, of which a document needs `wanted`.

    Raises:
        ConfigError: with `key`, for anything but a list of words, or for too few.
    """
    if not isinstance(found, list) or not all(isinstance(word, str) and word for word in found):
        raise ConfigError(key, f"expected a list of words (a number or `no` in quotes), got {quote(found)}")
    if len(set(found)) < wanted:
        raise ConfigError(key, f"q_stop_words wants {wanted:g}, and there are {len(set(found))}")
    return tuple(found)


def bad_words(key: str, folder: str, lang: str, needed: bool) -> tuple[str, ...]:
    """Read a language's bad words and phrases, one a line; a line that begins with `# ` is a comment.

    Args:
        key: the configuration's key that names the folder.
        folder: where `<lang>.txt` lies.
        lang: the language's code.
        needed: whether some rule counts on the list; without one, no file is no words.

    Raises:
        ConfigError: if the folder or a list that is needed is missing, or a list is empty or in another encoding.
    """
    path = Path(folder) / f"{lang}.txt"
    if not Path(folder).is_dir():
        raise ConfigError(key, f"no folder {quote(folder)}; it should hold a list for each language, such as en.txt")
    if not path.is_file():
        if needed:
            raise ConfigError(
                key, f"a rule of {quote(lang)} counts bad words, and {path} is missing; add it or drop the rule"
            )
        return ()
    try:
        text = read_bytes(str(path), _LIST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(key, f"{path} is not in UTF-8 (byte {error.start}); save it in UTF-8") from error
    except WorldError as error:
        raise ConfigError(key, str(error)) from error
    if "\0" in text:
        raise ConfigError(key, f"{path} is not in UTF-8 (NUL at {text.index(chr(0))}); save it in UTF-8")
    words = tuple(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("# "))
    if not words and needed:
        raise ConfigError(key, f"{path} has no words")
    return words
