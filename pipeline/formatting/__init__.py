"""Formatting: quantities, sizes and strings, as people read them and as nothing can misuse them."""
