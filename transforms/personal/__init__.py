"""Personal data: found by kernels in one pass over the bytes, replaced by typed placeholders."""
