"""The fast encoder: byte-pair encoding, the ids of `tokenizers` by definition."""
