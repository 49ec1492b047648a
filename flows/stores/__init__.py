"""Where knowledge is kept: one file a store."""
