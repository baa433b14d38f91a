"""Storey 5a, the W&B protocol: what its client sends becomes entries, what it asks for is answered from the store."""
