"""Recordings as log-mel spectrograms."""
