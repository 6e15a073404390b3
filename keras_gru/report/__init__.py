"""What a reader sees of a comparison: the table, the live view, the pictures and the page."""
