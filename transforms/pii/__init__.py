"""Personal data (PII): found by shape and checksum, replaced by typed placeholders."""
