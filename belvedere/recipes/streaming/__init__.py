"""Parts of the recipe that trains on a stream of text, chunk by chunk."""
