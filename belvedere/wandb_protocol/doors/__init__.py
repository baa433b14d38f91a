"""The addresses of the protocol, one module each; its ROUTES are found by its place here."""
