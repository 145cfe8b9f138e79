"""Models: files that stages load, named so that every machine finds its own copy."""
