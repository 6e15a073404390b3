"""Prepared datasets on the disk, and arrays that are larger than memory."""
