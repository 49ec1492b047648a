"""The only room that talks to Prefect's API."""
