"""Configuration: the YAML file as frozen models, and what it names: profiles, word lists, classifiers."""
