"""Storey 1, the truth: an append-only log, one file per writing process."""
