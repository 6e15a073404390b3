"""Data in your own files, one file per kind."""
