"""Which setting matters most: trials that Optuna draws, and the variance that each explains."""
