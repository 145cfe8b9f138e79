"""Quality: signals measure, rules decide."""
