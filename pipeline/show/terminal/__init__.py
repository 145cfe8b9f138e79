"""On the terminal, and as tables, CSV and JSON."""
