"""What the runs say: each cell in short, verdicts on pairs, costs, and the need for data."""
