"""Which department a question belongs to, the ladder it climbs, who is on duty, and when each step is due."""
