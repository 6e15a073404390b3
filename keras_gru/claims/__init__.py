"""A study of textbook claims about GRU and LSTM: experiments, evidence, verdicts."""
