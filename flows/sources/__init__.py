"""Research sources: one file each."""
