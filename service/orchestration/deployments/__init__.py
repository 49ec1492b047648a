"""What `prefect.yaml` says, brought to Prefect."""
