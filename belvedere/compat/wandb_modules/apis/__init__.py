"""`belvedere.apis`: where `Api` and its classes are."""
