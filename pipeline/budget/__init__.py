"""The budget: how far a run is from the tokens that are wanted, and what it would take. Arithmetic on sums alone."""
