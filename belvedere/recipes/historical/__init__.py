"""The parts of `python -m belvedere.recipes.london`: settings, command line, text, phases, panels."""
