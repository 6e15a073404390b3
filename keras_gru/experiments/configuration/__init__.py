"""What an experiment is: the schema with its defaults, YAML files, and one sentence per mistake."""
