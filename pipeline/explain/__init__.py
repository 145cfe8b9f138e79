"""Explain: what became of one document, and why."""
