"""Measurements: run them by hand (`make bench`), never as tests."""
