"""Storey 6, beside the training: processes that follow a run and draw it, so that the training never does."""
