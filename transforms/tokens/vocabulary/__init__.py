"""Vocabulary: grow a base tokenizer by tokens that are learned on a corpus, and audit what came out."""
