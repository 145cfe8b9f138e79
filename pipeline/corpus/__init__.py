"""A corpus: the output folder of a run, read back, recounted, looked into, cleaned."""
