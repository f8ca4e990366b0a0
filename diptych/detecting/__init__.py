"""From pictures to boxes: a detector in either framework or in NumPy, its labels, pictures with boxes, and JSON."""
