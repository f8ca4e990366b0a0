"""Two Nets held to each other: which nodes belong together, where they part, and why."""
