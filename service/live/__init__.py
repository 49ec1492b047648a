"""Live updates: from Prefect's event stream to subscribers."""
