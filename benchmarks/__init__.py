"""How fast, how large, and against what: ``uv run python -m benchmarks``."""
