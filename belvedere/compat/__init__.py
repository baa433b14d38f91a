"""Storey 6, names that other projects already use, thin over recording, figures and the processes beside a training."""
