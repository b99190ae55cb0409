"""A simulated district: made-up traffic against the real engine, with a clock that is pushed and every invariant watched."""
