"""The parts of `python -m belvedere.recipes.multimodal`: settings, command line, measures, examinations, gradients."""
