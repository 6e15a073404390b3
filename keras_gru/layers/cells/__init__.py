"""Cells, one per file: equations, one step and, if hand-written, the gradient."""
