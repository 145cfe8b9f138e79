"""A job: from a configuration to the Beam graph, and what it does to its output folder."""
