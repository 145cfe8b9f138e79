"""tokenizers: text to ids, each text for the first time, by the method that leaves offsets out."""

import hashlib
from array import array
from functools import partial

from measure import Race, once, report
from tokenizers import Tokenizer

SETTING = "encode_batch_fast, one thread, each text for the first time"


def main() -> None:
    """Measure in fresh tokenizers, so that none has seen the texts; print digests of the ids."""
    race = Race.started()
    texts = race.texts("documents.jsonl")
    cpu_s = {lang: float("inf") for lang in texts}
    ids = {}
    for _ in range(race.repeats):
        tokenizer = Tokenizer.from_file(race.tokenizer)
        tokenizer.no_truncation()
        tokenizer.no_padding()
        # A control token that is written out in a document is text.
        tokenizer.encode_special_tokens = True
        tokenizer.encode_batch_fast(["warm up"], add_special_tokens=False)
        for lang, batch in texts.items():
            spent, found = once(partial(encode, tokenizer, batch))
            cpu_s[lang] = min(cpu_s[lang], spent)
            ids[lang] = [hashlib.blake2b(array("I", row).tobytes(), digest_size=8).hexdigest() for row in found]
    report("tokens", SETTING, cpu_s, ids=ids)


def encode(tokenizer: Tokenizer, batch: list[str]) -> list[list[int]]:
    """Return the ids of texts."""
    return [found.ids for found in tokenizer.encode_batch_fast(batch, add_special_tokens=False)]


main()
