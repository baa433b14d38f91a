"""The scenarios, one file for each family of faults; every file holds a tuple SCENARIOS."""
