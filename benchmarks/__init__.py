"""One file for each claim; each prints its figure beside the floor it is held against, measured in the same run."""
