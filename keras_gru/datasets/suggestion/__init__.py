"""Suggested settings for a user's file, with reasons."""
