"""Executors: this process, parallel processes on this machine, or a cluster."""
