"""Language: identify it, and keep what is wanted."""
