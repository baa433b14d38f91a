"""Engines: where a store takes its runs from."""
