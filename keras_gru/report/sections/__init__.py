"""The sections of a report: each file makes the data of one section."""
