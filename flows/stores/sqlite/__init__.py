"""The store in one SQLite file, for any number of processes on one machine, with full-text search."""

from flows.stores.sqlite.store import SqliteStore, path_of

__all__ = ["SqliteStore", "path_of"]
