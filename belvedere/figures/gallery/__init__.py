"""The figures, one module each; each is found by its place here."""
