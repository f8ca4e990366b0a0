"""A net from outside as data: read within bounds, typed by the annotations, traced again, and equal or refused."""
