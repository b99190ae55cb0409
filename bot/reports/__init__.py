"""What is told to workers and leaders: the scorecard with the three rates, and the bulletins; nothing here names an asker."""
