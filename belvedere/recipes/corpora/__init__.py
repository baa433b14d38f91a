"""Texts to train on, and the tokenizers that cut them."""
