"""What PyTorch has no layer for, written out; each file has a twin of as many lines in the other framework.

The emitter reads these files as text: code where this framework needs it, a comment where only the other one does.
"""
