"""The small trainings that the scenarios break, one file each; the switches of the faults are visible in each."""
