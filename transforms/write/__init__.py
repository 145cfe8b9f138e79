"""Writing: staged files, shards, the manifest."""
