"""The textbook's sentences on GRU and LSTM: what is run for them, what it gave, the verdicts."""
