"""Predictions of trained networks: new data in, rows out, on a run's stored preprocessing."""
