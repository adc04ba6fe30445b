"""What a user writes: parks, strategies and parameters, read and checked."""
