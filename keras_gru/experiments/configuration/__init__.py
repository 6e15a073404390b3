"""Configuration: the schema with its defaults, YAML files, and error messages."""
