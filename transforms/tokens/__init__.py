"""Tokens: find a tokenizer, and apply it."""
