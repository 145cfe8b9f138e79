"""Tokenizers that are built: the sample, and the report of what was learned."""
