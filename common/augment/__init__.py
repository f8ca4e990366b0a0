"""What is done to pictures with boxes before a detector learns from them: in NumPy, each random draw an argument."""
