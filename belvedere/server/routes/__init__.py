"""What the server answers, one noun a file; each module lists its ROUTES."""
