"""Deduplication: 64-bit ids, hashes and sketches only; text never comes here."""
