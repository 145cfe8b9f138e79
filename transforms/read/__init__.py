"""Reading: work items, JSONL and Parquet; each bad record becomes a quarantine row."""
