"""Everything that talks to Prefect's API."""
