"""WordNet 3.1 as a small read-only SQLite file: the importer (build time) and the reader."""
