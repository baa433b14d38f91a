"""Storey 5, importers: what other programs recorded, as entries of a run log."""
