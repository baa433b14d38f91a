"""Real trainings that record themselves: corpora, small models, optimizers, one runnable file per stage."""

import os

# Read once, when torch loads. Threads that spin while they wait starve each other as soon as a browser or server wants
# a core too: a step of the demo with 2 threads on 2 busy cores took 2.5 s spinning and 1.0 s sleeping.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
