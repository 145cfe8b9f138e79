"""What an index holds may be compared with an older one's only as long as the same text gives the same signature."""

import hashlib
import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest

from babelmill.transforms.dedup.index import SIGNATURE, index_parameters
from babelmill.transforms.dedup.rank import Keep
from babelmill.transforms.dedup.sign import Near, Sign
from babelmill.transforms.documents import documents
from babelmill.transforms.ledger import Tally
from babelmill.transforms.pii.mask import Mask, Masking
from babelmill.transforms.read.limits import Limits
from babelmill.transforms.read.reader import Reading
from babelmill.transforms.read.sources import Source, list_files
from babelmill.transforms.read.work_items import work_items
from babelmill.transforms.text.fold import Fold

EXPECTED = {"format": 2, "masking": 2}
SHA256 = "eefeb43d02a83536df3b24911778b52087a058a01bfc22aec88e958032b2fab4"


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="of Python 3.11's Unicode")
def test_the_same_text_gives_the_same_signature(corpus: Path) -> None:
    """If this fails, either what was changed must not change signatures, or a version must be counted up with it.

    Normal form and words, folding, shingles and hashes: `_FORMAT` in transforms/dedup/index.py. What is found and what
    stands in its place: `_FORMAT` in transforms/pii/mask.py. Then write down the new digest here.
    """
    source, mask, digest = Source("sample", (f"{corpus}/*.gz",)), Mask(), hashlib.sha256()
    sign = Sign(Keep((), ("sample",)), Near(), 0)
    names = [field.name for field in sign.adds]
    for item in work_items(list_files([source]), 1 << 24):
        tally = Tally()
        for batch in Reading(item, source, Limits(), Masking(mask, tally)).batches(tally):
            columns = dict(zip(names, sign(batch), strict=True))
            for row in zip(*(columns[name].to_pylist() for name in SIGNATURE), strict=True):
                digest.update(repr(row).encode())
    # Personal data of every kind, which the sample has little of.
    texts = ["Mail ann@example.org, call +49 30 123456, card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00."]
    masked, _ = mask(pa.array(texts))
    batch = documents(masked.to_pylist(), source="sample", ids=["a"])
    digest.update(repr(dict(zip(names, sign(batch), strict=True))["digest"].to_pylist()).encode())
    parameters = index_parameters(Near(), Fold(), 0, mask.parameters)
    assert ({name: parameters[name] for name in EXPECTED}, digest.hexdigest()) == (EXPECTED, SHA256)
