"""Storey 3, what it means: pure functions of recorded series."""
