"""Small trainings that are broken on purpose, each with its healthy twin and what a diagnosis should say about it."""
