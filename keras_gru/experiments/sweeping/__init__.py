"""Sweeps: trials drawn by Optuna, to find the most important settings."""
