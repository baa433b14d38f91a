"""Storey 2a, inside training: what a run tells its log."""
