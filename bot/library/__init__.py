"""Curated files (knowledge/, routing.yaml) read and checked whole, into validated values."""
