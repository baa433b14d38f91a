"""Sweeps: searches over parameters. Agents ask for runs, the server says with which values; both may die meanwhile."""
