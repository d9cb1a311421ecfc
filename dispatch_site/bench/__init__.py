"""Benchmarks: ratios taken in one run, both sides doing the same full work."""
