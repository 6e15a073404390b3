"""One file a cell: its equations, one step and, where it is written by hand, its gradient."""
