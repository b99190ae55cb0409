"""Asking another scorer which of the ranked entries a question means: optional, off unless switched on."""
