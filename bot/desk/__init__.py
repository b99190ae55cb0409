"""One event in, one Decision out: the pure heart of the product."""
