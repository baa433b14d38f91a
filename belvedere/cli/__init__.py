"""Storey 6, the command line: one door to everything below."""
