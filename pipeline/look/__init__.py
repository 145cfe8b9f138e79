"""Looking into a finished run: its shards, and the life of one document. Reads, and never writes."""
