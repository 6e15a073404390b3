"""Synthetic datasets: functions of their settings and a seed, one file each."""
