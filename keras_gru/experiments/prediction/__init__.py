"""Predictions of trained networks, with the stored preprocessing of a run."""
