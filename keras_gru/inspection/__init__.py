"""Inspection of trained networks: their gates, their memory, their gradients.

`model_layers` finds the layers of a model; `gradients`, `memory` and `ablation` measure one aspect
each; `inspect` measures all for a run directory, and `result` stores them.
"""
