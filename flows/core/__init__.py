"""The rules: plain functions and values without Prefect, input or output, or a clock."""
