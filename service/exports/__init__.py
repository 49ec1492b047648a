"""Entries as files: one module a format."""
