"""Storey 4, what it looks like: pure functions from recorded series to Plotly figures."""
