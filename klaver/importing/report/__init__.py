"""The check report: what was read, mended, assumed and left open, and what would improve the park file most."""
