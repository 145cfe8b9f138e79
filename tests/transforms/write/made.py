"""Rows of manifests and sidecars, made up: Hypothesis strategies."""

from hypothesis import strategies as st

from babelmill.transforms.write.listed import (
    AuditFile,
    AuditSum,
    HashedFile,
    IndexFile,
    InputFile,
    ShardFile,
    TableFile,
    Totals,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
names = st.text("abcxyz_", min_size=1, max_size=6)
counts = st.integers(0, (1 << 63) - 1)
digests = st.text("0123456789abcdef", min_size=64, max_size=64)
seconds = st.floats(0, 1e9)
tables = st.builds(TableFile, counts, counts, digests)
hashed = st.builds(HashedFile, counts, digests)
audits = st.builds(AuditFile, counts, counts, digests, counts, digests)
audit_sums = st.builds(AuditSum, counts, counts, digests)
shards = st.builds(
    ShardFile, names.map(lambda name: f"data/lang=en/{name}.parquet"), texts, counts, counts, counts, counts, digests
)
index_files = st.builds(IndexFile, names.map(lambda name: f"index/lang=en/{name}.parquet"), counts, counts, digests)
inputs = st.builds(InputFile, texts, texts, counts, counts)
totals = st.builds(Totals, counts, counts, counts, counts, counts, counts)
rows = st.tuples(st.tuples(texts, texts, texts, texts), st.tuples(*[st.integers(0, 1 << 40)] * 4))
costs = st.dictionaries(names, seconds, max_size=3)
