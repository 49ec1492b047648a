"""Keeping a knowledge base in order: copy, mend, prune, backup, restore."""
