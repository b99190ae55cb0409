"""The moving parts around the core: intake, sender, timers and auditor."""
