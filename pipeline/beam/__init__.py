"""Babelmill's steps as PTransforms over anybody's own documents; `babelmill.beam` has their names."""
