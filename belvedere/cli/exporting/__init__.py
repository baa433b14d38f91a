"""`belvedere export --to PROGRAM`: one module for each program."""
