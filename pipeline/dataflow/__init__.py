"""Dataflow: the same graph, sent to Google's service after everything that can be checked has been."""
