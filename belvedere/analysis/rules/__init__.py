"""The rules, one module per family; each is found by its place here."""
