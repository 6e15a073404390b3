"""Who trains: one run after the other, processes on this machine, or the machines of a cluster."""
