"""Real trainings that record themselves: corpora, small models, optimizers, one runnable file per stage."""
