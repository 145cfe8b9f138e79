"""Runners: where a job's graph runs on machines of one's own, and how its progress is seen."""
