"""Storey 2b, columns: a cache of the logs, and everything that reads runs."""
