"""Babelmill's library: it knows documents; it knows no YAML, no command line and no runner."""
