"""Small programs for working on Belvedere; none is installed."""
