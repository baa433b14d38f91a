"""Storey 5b, the server: a store over HTTP, to a browser, to other machines, and to nobody it was not meant for."""
