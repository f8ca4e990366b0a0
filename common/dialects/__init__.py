"""What other libraries call the layers of our networks, a file per family."""
