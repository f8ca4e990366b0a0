"""Training as data: optimisers, schedules and losses, with their meaning in NumPy; no framework is imported here."""
