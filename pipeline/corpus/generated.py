"""Generated files: pages and JSON that are made of a run again at any time, and carry a mark that says by whom.

No manifest lists them. A file of such a name without the mark is somebody else's, and is never overwritten.
"""

from babelmill.pipeline.config.budget import BUDGET_FILES
from babelmill.pipeline.corpus.dataset_card import CARD, is_card
from babelmill.transforms.errors import ConfigError
from babelmill.transforms.files.bounded_json import read_json
from babelmill.transforms.files.storage import exists, file_digest, join, open_file, read_bytes
from babelmill.transforms.write.manifest_file import REPORT

__all__ = [
    "GENERATED",
    "GENERATOR",
    "HTML_MARK",
    "is_generated",
    "is_made_again",
    "refuse_foreign",
    "refuse_unaccounted",
]

GENERATED = (REPORT, *BUDGET_FILES)
"""Their names in a run's folder."""

GENERATOR = "Babelmill"
"""The value of the key `generator`, the first of a generated JSON object."""
HTML_MARK = f'<meta name="generator" content="{GENERATOR}">'
"""In the head of a generated page."""
_JSON_MARK = f'{{"generator":"{GENERATOR}"'
_HEAD_BYTES = 1 << 16
_ACCOUNT_BYTES = _CARD_BYTES = 1 << 24
_FOREIGN = "{} exists and Babelmill did not make it; move it, or name another file"


def is_generated(path: str) -> bool:
    """Say whether a file carries our mark; false of one that is not there.

    Raises:
        WorldError: if it cannot be read.
    """
    if not exists(path):
        return False
    with open_file(path) as file:
        head = file.read(_HEAD_BYTES).decode(errors="replace")
    return HTML_MARK in head or "".join(head.split()).startswith(_JSON_MARK)


def refuse_foreign(key: str, path: str) -> None:
    """Refuse to overwrite a file that somebody else made.

    Args:
        key: the option or argument that names the file.
        path: the file, which need not exist.

    Raises:
        ConfigError: if it is there, without our mark.
    """
    if exists(path) and not is_generated(path):
        raise ConfigError(key, _FOREIGN.format(path))


def refuse_unaccounted(key: str, path: str, account: str) -> None:
    """Refuse to overwrite a file that can carry no mark, unless the generated account beside it names its SHA-256.

    Args:
        key: the option or argument that names the file.
        path: the file, which need not exist.
        account: the JSON object that would have its `sha256`.

    Raises:
        ConfigError: if it is there, and no account of ours is of it.
    """
    if not exists(path):
        return
    try:
        made = is_generated(account) and read_json(account, _ACCOUNT_BYTES)["sha256"] == file_digest(path)
    except (ValueError, KeyError, TypeError):
        made = False
    if not made:
        raise ConfigError(key, _FOREIGN.format(path))


def is_made_again(output: str, path: str) -> bool:
    """Say whether a file of a run's folder is made of the run: one with our mark, or the card with our part in it.

    Args:
        output: the folder.
        path: below it, with `/` between.
    """
    if path in GENERATED:
        return is_generated(join(output, path))
    return path == CARD and is_card(read_bytes(join(output, path), _CARD_BYTES))
