"""This engine beside others: the same entries, the same asks, one run."""
