"""Where else a run goes while it is recorded: one module for each kind of mirror, found by its name."""
