"""The report: a finished run as one HTML page that needs nothing else, no network and no script."""
