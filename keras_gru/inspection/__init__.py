"""Inspection of trained networks: their gates, their memory, their gradients.

`model_layers` finds the layers of a model; `gradients`, `memory` and `ablation` each measure one
thing; `inspect` does all of it for a run directory, and `result` stores it.
"""
