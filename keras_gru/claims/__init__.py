"""A study of common claims about GRU and LSTM: experiments, evidence, verdicts."""
