"""Slow references: rules written a second time, in plain Python, from the description and not from the code."""
