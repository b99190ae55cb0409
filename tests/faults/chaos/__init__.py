"""Bots that share a ledger are killed with -9 at random moments, again and again, while people go on talking to them."""
