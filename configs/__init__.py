"""Configurations, quality profiles and models that come with Babelmill (data, no code)."""
