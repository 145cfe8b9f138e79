"""Kernels: numba's compiler with a cache that cannot be stale, and what every kernel needs."""
