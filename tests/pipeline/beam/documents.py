"""Documents of the sample corpus, as anybody's dicts."""

import gzip
import json
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parents[2] / "data" / "corpus"


def of_sample(*languages: str, most: int = 1_000_000) -> list[dict[str, Any]]:
    """Return documents of the sample's .jsonl.gz files, with a field that no step knows."""
    found = []
    for lang in languages:
        with gzip.open(CORPUS / f"{lang}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines][:most]
        found += [{"id": row["id"], "text": row["text"], "extra": {"of": [lang, None]}} for row in rows]
    return found
