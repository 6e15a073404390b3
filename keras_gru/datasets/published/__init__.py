"""Published datasets, one file or folder each, and what prepares them: TFDS."""
