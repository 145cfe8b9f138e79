"""Packed text: kernels over Arrow's own string buffers, compiled by numba."""
