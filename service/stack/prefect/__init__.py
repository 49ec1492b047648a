"""What runs within the embedded Prefect server."""
