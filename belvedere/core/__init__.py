"""Storey 0, the words: what every storey above speaks about."""
