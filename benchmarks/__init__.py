"""Programs that print what they measure or count; none of them is installed."""
