"""Entries as files, one module per format."""
