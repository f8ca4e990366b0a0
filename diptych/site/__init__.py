"""A static site of all networks, families, traps and docs, which needs no server and no network."""
