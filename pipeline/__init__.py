"""Babelmill's application: it composes transforms into one Beam graph, and gives it a face."""
