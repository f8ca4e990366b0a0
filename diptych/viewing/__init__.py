"""Pictures on demand: what two frameworks make of one photograph, and two files of weights held to each other."""
