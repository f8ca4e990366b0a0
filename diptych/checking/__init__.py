"""Check that two models are the same function: gates, their report, the third opinion, and images to run on."""
