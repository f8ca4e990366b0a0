"""A super-network in training, and the loss of its search; twins of the same names stand in the other framework."""
