"""Looking for what fell through or is about to: findings, where they are looked for, and who is told."""
