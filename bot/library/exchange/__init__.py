"""The Excel round trip: the FAQ out into a workbook for people who know no YAML, and their changes back into the files."""
