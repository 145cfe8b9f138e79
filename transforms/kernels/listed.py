"""Listed: the kernels that a job calls, and their arguments' types; written by tests/listed_kernels.py."""

__all__ = ["LISTED"]

LISTED = """
dedup.edges:_sort_runs(int64:1C uint64:1A uint64:1A)
dedup.edges:_walk(int64:1C int64 uint64:1A uint64:2A uint8:1C bool float64 float64 int64:1C int64 int64:1C int64:1C
    float32:1C bool:1C)
dedup.minhash:_bands_and_sketch(uint32:2C int64 uint64:2C uint64:2C)
dedup.minhash:_minima(uint64:1C int64:2C int64 uint32:1C uint32:1C uint32:2C int32:1C)
dedup.minhash:_sketch_figures(uint64:1C uint64:1C int64:2C int64 float64 uint32:1C uint32:1C uint64:2C)
dedup.survivors:_decide(int64:1C int64:1C int8:1C int8:1C bool:1C int64:1C)
dedup.survivors:_known(uint64:1A uint64:1A uint32:1A int64:1C uint64:1C uint64:1C uint32:1C)
kernels.hashing:_mix_into(uint64:1C uint64 uint64:1C)
language.bayes:_likelihoods(uint8:1Cr int32:1Cr language.bayes:Model(int16:2C float32:1C int32:1C uint32:1C
    uint32:1C int32:1C) float32:1C float32:2C)
language.classes:_count(uint8:1Cr int32:1Cr int64:1C uint8:1C int32:2C)
language.code:_languages(uint8:1Cr int32:1Cr int64:1C language.code:Weights(int8:1C float32 float32 int8:2C float32)
    float32:2C)
language.code:_shares(uint8:1Cr int32:1Cr language.code:Weights(int8:1C float32 float32 int8:2C float32) float32:1C)
language.mixture:_opinions(float32:2C int32:1C int32:1C float32:1C int32:1C int64 float32:2C int32:1C float32:1C)
language.relations:_count(uint8:1Cr int32:1Cr int64:1C language.relations:_Words(uint64:1C uint32:1C) int32:2C)
language.sample:_take(uint8:1Cr int32:1Cr int64 int64 uint8:1C int32:1C int32:1C)
pii.spans:next_candidate(uint8:1Cr int32:1Cr int64 int64 int64:2C)
quality.counting:_paragraphs(text.layout:Layout(uint64:1C uint64:1C uint64:1C int32:1C uint8:1C uint64:1C int32:1C
    uint8:1C int64:2C int64:2C int32:2C) uint64:1C int32:1C int64:2C)
quality.counting:count_lines(text.layout:Layout(uint64:1C uint64:1C uint64:1C int32:1C uint8:1C uint64:1C int32:1C
    uint8:1C int64:2C int64:2C int32:2C) int64:2C)
quality.counting:count_words(text.layout:Layout(uint64:1C uint64:1C uint64:1C int32:1C uint8:1C uint64:1C int32:1C
    uint8:1C int64:2C int64:2C int32:2C) int32:1C uint64:2C uint64:2C int64:2C)
quality.phrases:_count(uint64:1C int64:2C bool:2C uint64:1C uint8:1C int32:1C int64:2C)
quality.phrases:_insert(uint64:1C int64 int64 uint64:1C uint8:1C)
quality.repetition:duplicates(uint64:1C int32:1C int64:2C int64:2C)
quality.repetition:repeated_ngrams(uint64:1C int32:1C int64:2C int64:2C)
read.json_values:_scan(uint8:1Cr int64 int64:1C int64:2C)
text.layout:_lay_out(uint8:1Cr int32:1Cr text.words:Tables(uint16:1C uint32:1C uint32:1C uint32:1C)
    text.words:Words(uint64:1C uint64:1C uint64:1C int32:1C uint8:1C) text.lines:Lines(uint64:1C int32:1C uint8:1C)
    int64:2C int64:2C int32:2C)
text.normal_form:_find_runs(uint8:1Cr bool:1C int64:2C)
text.shared:_find(uint8:1Cr int32:1Cr uint8:1Cr int32:1Cr int64:1C)
tokens.bpe.added:_find(uint8:1Cr tokens.bpe.added:Segments(int64:1C int32:1C int64:1C) tokens.bpe.trie:Trie(uint8:1C
    int32:2C int32:1C) int64:1C int32:1C int64:1C bool)
tokens.bpe.check:_hash(uint8:1Cr int32:1Cr uint64:1C)
tokens.bpe.cuts:_mark(uint8:1Cr int64:1C tokens.bpe.cuts:Cuts(uint8:1C bool:2C))
tokens.bpe.fast:_encode(uint8:1Cr uint64:1Cr tokens.bpe.added:Segments(int64:1C int32:1C int64:1C)
    tokens.bpe.tables:Tables(tokens.bpe.classes:Classes(uint16:1C uint8:2C) tokens.bpe.split:Splitter(uint32:1C
    uint32:1C bool:1C int32:1C) tokens.bpe.model:Model(tokens.bpe.merge:Merges(int32:1C int64:2C uint64:1C int32:1C)
    tokens.bpe.cuts:Cuts(uint8:1C bool:2C) tokens.bpe.trie:Trie(uint8:1C int32:2C int32:1C)
    tokens.bpe.model:Known(uint64:1Cr int64:1C int32:1C)) bool:1C) uint64:2C uint32:1C int64:1C)
tokens.bpe.memo:fill(uint64:2C uint64:1Cr int64:1C int32:1C)
tokens.bpe.merge:_fill(uint64:1C uint64:1C)
tokens.bpe.merge:reached(uint8:1Cr int64:1C int32:1C tokens.bpe.merge:Merges(int32:1C int64:2C uint64:1C int32:1C))
"""
