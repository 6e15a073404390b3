"""A look inside trained networks: their gates, their memory, their gradients.

`taps` opens a layer; `reach`, `memory` and `ablation` each measure one thing; `look` does it all
for a run directory, and `found` keeps it.
"""
