"""Reading other people's models: from a module to a Net, with the names, the hierarchy and the weights that it has."""
