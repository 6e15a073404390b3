"""Tables in files: their format, dates and columns."""
