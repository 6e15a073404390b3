"""Texts as tokens, and datasets of tokens."""
