"""Firestore's API as the store uses it: reads, commits, queries, values."""
