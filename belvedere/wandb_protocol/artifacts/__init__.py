"""Artifacts: named, versioned sets of files with aliases. What `log_artifact` stores and `use_artifact` reads."""
