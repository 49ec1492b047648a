"""The rules: plain functions and values, without Prefect, I/O or a clock."""
