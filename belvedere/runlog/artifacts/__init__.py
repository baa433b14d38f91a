"""Artifacts of a project: named, versioned sets of files with aliases, written by trainings and by the server alike."""
