"""Training: a vocabulary that grows from a base's."""
