"""Brings job rows in line with Prefect: the projector, its repairs, and what both write."""
