"""What a person names: a registered network, a file, or a function of their own code, opened as a network."""
