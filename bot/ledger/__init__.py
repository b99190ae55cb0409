"""The ledger: what was said, every case with its history, and what is still to be sent."""
